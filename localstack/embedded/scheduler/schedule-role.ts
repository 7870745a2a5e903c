import {
  type IamService,
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  type RolePrincipal,
  type ScheduleConfig,
} from '#embedded/services.ts';

export type ScheduleRoles = Pick<IamService, 'assumeRole' | 'authorize'>;

/** What trust policies of schedules look at: the group, not the schedule. Source: EventBridge Scheduler, "Confused deputy prevention". */
const GROUP_ARN = `arn:aws:scheduler:${LOCAL_REGION}:${LOCAL_ACCOUNT}:schedule-group/default`;

/** The schedule's role. Throws when the role does not exist, or does not trust the scheduler. */
export function assumeScheduleRole(
  iam: Pick<IamService, 'assumeRole'>,
  { name, roleArn }: Pick<ScheduleConfig, 'name' | 'roleArn'>,
): RolePrincipal {
  return iam.assumeRole({
    roleArn,
    service: 'scheduler.amazonaws.com',
    sessionName: name,
    context: { 'aws:SourceAccount': LOCAL_ACCOUNT, 'aws:SourceArn': GROUP_ARN },
  });
}

export function isQueue(arn: string): boolean {
  return arn.startsWith('arn:aws:sqs:');
}

/** Null when the schedule's role may use the target, else AWS's sentence. Throws when the role cannot be assumed. */
export function mayInvoke(iam: ScheduleRoles, config: ScheduleConfig): string | null {
  const { allowed, reason } = iam.authorize({
    principal: assumeScheduleRole(iam, config),
    action: isQueue(config.targetArn) ? 'sqs:SendMessage' : 'lambda:InvokeFunction',
    resource: config.targetArn,
  });
  return allowed ? null : reason;
}
