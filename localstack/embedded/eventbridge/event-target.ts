/** A target of a rule. Source: EventBridge API reference, Target. */
export interface EventTarget {
  readonly Id: string;
  readonly Arn: string;
  readonly RoleArn?: string | undefined;
  readonly Input?: string | undefined;
  readonly InputPath?: string | undefined;
  readonly InputTransformer?:
    | {
        readonly InputPathsMap?: Readonly<Record<string, string>> | undefined;
        readonly InputTemplate: string;
      }
    | undefined;
  readonly SqsParameters?: { readonly MessageGroupId: string } | undefined;
  readonly KinesisParameters?: { readonly PartitionKeyPath: string } | undefined;
  readonly DeadLetterConfig?: { readonly Arn: string } | undefined;
  readonly RetryPolicy?:
    | {
        readonly MaximumRetryAttempts?: number | undefined;
        readonly MaximumEventAgeInSeconds?: number | undefined;
      }
    | undefined;
}
