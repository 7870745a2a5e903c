import { z } from 'zod';
import { LOCAL_ACCOUNT } from '../../services.ts';
import { defineResourceType, type ResourceType } from '../resource-type.ts';
import { policyDocument } from './policy-document.ts';
import { tags } from './tags.ts';

const inlinePolicy = z.strictObject({ PolicyName: z.string(), PolicyDocument: policyDocument });

const role = z.strictObject({
  RoleName: z.string().optional(),
  Description: z.string().optional(),
  AssumeRolePolicyDocument: policyDocument,
  Policies: z.array(inlinePolicy).optional(),
  Tags: tags,
});

const policy = inlinePolicy.extend({ Roles: z.array(z.string()) });

/** IAM is not emulated: a call that a role does not allow works here. Tests compare the handlers' calls with the policies instead. */
export const IAM_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::IAM::Role': defineResourceType({
    properties: role,
    identify(properties, place) {
      const name = properties.RoleName ?? place.generatedName;
      // IAM is global: no region in the ARN.
      return { ref: name, attributes: { Arn: `arn:aws:iam::${LOCAL_ACCOUNT}:role/${name}` } };
    },
    ensure: null,
  }),
  'AWS::IAM::Policy': defineResourceType({
    properties: policy,
    identify: (_properties, place) => ({ ref: place.generatedName, attributes: {} }),
    ensure: null,
  }),
};
