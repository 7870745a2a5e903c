/** Properties of AWS::Scheduler::Schedule with a function or queue as target, resolved. */
export interface ScheduleConfig {
  readonly name: string;
  readonly arn: string;
  /** `rate(5 minutes)` or `cron(0 3 * * ? *)`. */
  readonly expression: string;
  /** IANA name of the zone that cron fields are meant in. */
  readonly timeZone: string;
  readonly enabled: boolean;
  /** ARN of a function or queue. */
  readonly targetArn: string;
  /** Of a FIFO queue; null for other targets. */
  readonly messageGroupId: string | null;
  /** ARN of the queue for runs that no attempt delivered; null for none. */
  readonly deadLetterQueue: string | null;
  readonly roleArn: string;
  /** Payload; null sends the scheduler's default notification. */
  readonly input: string | null;
  readonly maxRetryAttempts: number;
  readonly maxEventAgeSeconds: number;
}
