import { type IamService, LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';

export interface Topic {
  readonly arn: string;
  /** ARN, id or alias of the key that encrypts it; null for none. */
  readonly key: string | null;
}

/** Topics and who would be told; nothing is ever sent from a laptop. */
export interface Topics {
  ensureTopic(topic: Topic): void;
  /** Throws when there is no such topic. */
  ensureSubscription(subscription: { readonly topicArn: string; readonly endpoint: string }): void;
  has(topicArn: string): boolean;
  /** Notifies a topic of an alarm, in name only. Returns what happened, for a log line. */
  notify(topicArn: string, alarmArn: string): string;
}

const ARN_PREFIX = `arn:aws:sns:${LOCAL_REGION}:${LOCAL_ACCOUNT}:`;
const CLOUDWATCH = { kind: 'service', service: 'cloudwatch.amazonaws.com' } as const;

/** With `iam`, a topic or key policy that keeps CloudWatch out shows here, and not in silence when it matters. */
export function createTopics(iam: Pick<IamService, 'authorize'> | undefined): Topics {
  const topics = new Map<string, Topic & { readonly emails: Set<string> }>();
  return {
    ensureTopic: (topic) => {
      const emails = topics.get(topic.arn)?.emails ?? new Set<string>();
      topics.set(topic.arn, { ...topic, emails });
    },
    ensureSubscription: ({ topicArn, endpoint }) => {
      const topic = topics.get(topicArn);
      if (topic === undefined) throw new Error(`TopicArn: there is no topic ${topicArn}`);
      topic.emails.add(endpoint);
    },
    has: (topicArn) => topics.has(topicArn),
    notify: (topicArn, alarmArn) => {
      const topic = topics.get(topicArn);
      const name = topicArn.replace(ARN_PREFIX, '');
      if (topic === undefined) return `${name} is gone`;
      const refusal = iam === undefined ? null : findRefusal(iam, topic, alarmArn);
      if (refusal !== null) return `${name} CANNOT BE TOLD: ${refusal}`;
      const emails = [...topic.emails];
      const readers = emails.length === 0 ? 'no subscription' : emails.join(', ');
      return `told ${name} (${readers}; nothing is sent from here)`;
    },
  };
}

/** Source: Amazon SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted topics". */
function findRefusal(
  iam: Pick<IamService, 'authorize'>,
  topic: Topic,
  alarmArn: string,
): string | null {
  const context = { 'aws:SourceAccount': LOCAL_ACCOUNT, 'aws:SourceArn': alarmArn };
  const calls = [
    { action: 'sns:Publish', resource: topic.arn },
    ...(topic.key === null
      ? []
      : ['kms:GenerateDataKey', 'kms:Decrypt'].map((action) => ({
          action,
          resource: topic.key ?? '',
        }))),
  ];
  for (const call of calls) {
    const { allowed, reason } = iam.authorize({ principal: CLOUDWATCH, ...call, context });
    if (!allowed) return reason;
  }
  return null;
}
