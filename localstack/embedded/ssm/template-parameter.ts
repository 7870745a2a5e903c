/** Properties of AWS::SSM::Parameter, resolved; CloudFormation makes no SecureString. */
export interface TemplateParameter {
  readonly name: string;
  readonly type: 'String' | 'StringList';
  readonly value: string;
  readonly description: string | null;
  readonly allowedPattern: string | null;
  readonly tier: 'Standard' | 'Advanced' | 'Intelligent-Tiering';
  readonly tags: Readonly<Record<string, string>>;
}
