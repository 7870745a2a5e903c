import { RemovalPolicy } from 'aws-cdk-lib';
import type { Environment } from '#core/config/project.ts';

/** What happens to data when its stack is deleted. Glue databases and tables are retained whatever this says. */
export function dataRemovalPolicy(environment: Pick<Environment, 'removalPolicy'>): RemovalPolicy {
  return environment.removalPolicy === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
}
