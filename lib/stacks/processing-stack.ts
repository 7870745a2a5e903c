import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { LakeWriter, type LakeWriterProps } from '../constructs/lake-writer.ts';

export type ProcessingStackProps = StackProps & LakeWriterProps;

/** Stateless: everything in it can be deleted and deployed again without losing a row. */
export class ProcessingStack extends Stack {
  constructor(scope: Construct, id: string, props: ProcessingStackProps) {
    super(scope, id, props);
    const writer = new LakeWriter(this, 'LakeWriter', props);
    new CfnOutput(this, 'LakeWriterFunctionName', {
      value: writer.function.functionName,
    });
  }
}
