import { z } from 'zod';
import { LOCAL_ACCOUNT } from '../../services.ts';
import { defineResourceType, type ResourceType } from '../resource-type.ts';
import { identityPolicy, trustPolicy } from './policy-document.ts';
import { tags } from './tags.ts';

const inlinePolicy = z.strictObject({ PolicyName: z.string(), PolicyDocument: identityPolicy });

/** Policies that AWS manages are not here, so a role that names one (ManagedPolicyArns) is refused. */
const role = z.strictObject({
  RoleName: z.string().optional(),
  Description: z.string().optional(),
  AssumeRolePolicyDocument: trustPolicy,
  Policies: z.array(inlinePolicy).optional(),
  Tags: tags,
});

const policy = inlinePolicy.extend({ Roles: z.array(z.string()).min(1) });

const managedPolicy = z.strictObject({
  ManagedPolicyName: z.string().optional(),
  Description: z.string().optional(),
  Path: z.literal('/').optional(),
  PolicyDocument: identityPolicy,
  Roles: z.array(z.string()).min(1),
});

/** IAM is global: no region in its ARNs. */
function iamArn(resource: string): string {
  return `arn:aws:iam::${LOCAL_ACCOUNT}:${resource}`;
}

export const IAM_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::IAM::Role': defineResourceType({
    properties: role,
    identify(properties, place) {
      const name = properties.RoleName ?? place.generatedName;
      return { ref: name, attributes: { Arn: iamArn(`role/${name}`) } };
    },
    ensure(properties, { services, identity }) {
      services.iam.ensureRole({
        name: identity.ref,
        arn: identity.attributes['Arn'] ?? '',
        trust: properties.AssumeRolePolicyDocument,
        policies: (properties.Policies ?? []).map(({ PolicyName, PolicyDocument }) => ({
          name: PolicyName,
          document: PolicyDocument,
        })),
      });
    },
  }),
  'AWS::IAM::Policy': defineResourceType({
    properties: policy,
    identify: (_properties, place) => ({ ref: place.generatedName, attributes: {} }),
    ensure({ PolicyName: name, PolicyDocument, Roles }, { services }) {
      for (const each of Roles) {
        services.iam.ensureRolePolicy(each, { name, document: PolicyDocument });
      }
    },
  }),
  'AWS::IAM::ManagedPolicy': defineResourceType({
    properties: managedPolicy,
    identify(properties, place) {
      const arn = iamArn(`policy/${properties.ManagedPolicyName ?? place.generatedName}`);
      return { ref: arn, attributes: { PolicyArn: arn } };
    },
    ensure({ PolicyDocument, Roles }, { services, identity }) {
      for (const each of Roles) {
        services.iam.ensureRolePolicy(each, { name: identity.ref, document: PolicyDocument });
      }
    },
  }),
};
