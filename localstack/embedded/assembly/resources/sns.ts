import { z } from 'zod';
import { localArn } from '../local-arn.ts';
import { defineResourceType, type ResourceType } from '../resource-type.ts';
import { resourcePolicy } from './policy-document.ts';
import { tags } from './tags.ts';

const topic = z.strictObject({
  TopicName: z.string().max(256).optional(),
  /** Nothing is encrypted on the own machine, but who publishes must be allowed to use the key. */
  KmsMasterKeyId: z.string().optional(),
  Tags: tags,
});

const topicPolicy = z.strictObject({
  PolicyDocument: resourcePolicy,
  Topics: z.array(z.string()).min(1),
});

const subscription = z.strictObject({
  TopicArn: z.string(),
  Protocol: z.literal('email'),
  Endpoint: z.email(),
});

export const SNS_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::SNS::Topic': defineResourceType({
    properties: topic,
    identify(properties, place) {
      const name = properties.TopicName ?? place.generatedName;
      const arn = localArn('sns', name);
      return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
    },
    ensure: ({ KmsMasterKeyId }, { services, identity }) =>
      services.cloudWatch.ensureTopic({ arn: identity.ref, key: KmsMasterKeyId ?? null }),
  }),
  'AWS::SNS::TopicPolicy': defineResourceType({
    properties: topicPolicy,
    identify: (_properties, place) => ({ ref: place.generatedName, attributes: {} }),
    ensure({ PolicyDocument: document, Topics }, { services }) {
      for (const arn of Topics) {
        services.iam.ensureResourcePolicy(arn, { name: 'topic policy', document });
      }
    },
  }),
  'AWS::SNS::Subscription': defineResourceType({
    properties: subscription,
    identify: ({ TopicArn }, place) => ({
      ref: `${TopicArn}:${place.generatedName}`,
      attributes: {},
    }),
    ensure: ({ TopicArn, Protocol, Endpoint }, { services }) =>
      services.cloudWatch.ensureSubscription({
        topicArn: TopicArn,
        protocol: Protocol,
        endpoint: Endpoint,
      }),
  }),
};
