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

/** Null when the schedule's role may invoke the function, else AWS's sentence. Throws when the role cannot be assumed. */
export function mayInvoke(iam: ScheduleRoles, config: ScheduleConfig): string | null {
  const { allowed, reason } = iam.authorize({
    principal: assumeScheduleRole(iam, config),
    action: 'lambda:InvokeFunction',
    resource: config.functionArn,
  });
  return allowed ? null : reason;
}
