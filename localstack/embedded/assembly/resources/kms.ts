import { createHash } from 'node:crypto';
import { z } from 'zod';
import { localArn } from '../local-arn.ts';
import { defineResourceType, type ResourcePlace, type ResourceType } from '../resource-type.ts';
import { resourcePolicy } from './policy-document.ts';
import { tags } from './tags.ts';

const key = z.strictObject({
  Description: z.string().optional(),
  KeyPolicy: resourcePolicy,
  EnableKeyRotation: z.boolean().optional(),
  PendingWindowInDays: z.int().min(7).max(30).optional(),
  Tags: tags,
});

const alias = z.strictObject({
  AliasName: z.string().regex(/^alias\/(?!aws\/)[\w/-]+$/, {
    error: () => 'expected alias/ and letters, digits, slashes and hyphens',
  }),
  TargetKeyId: z.string(),
});

/** A key is known by a UUID; this one is the same at every start. */
function keyId(place: ResourcePlace): string {
  const hex = createHash('sha256').update(`${place.stack}/${place.logicalId}`).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Nothing is encrypted on the own machine; a key's policy decides who could use it. */
export const KMS_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::KMS::Key': defineResourceType({
    properties: key,
    identify(_properties, place) {
      const id = keyId(place);
      return { ref: id, attributes: { KeyId: id, Arn: localArn('kms', `key/${id}`) } };
    },
    ensure({ KeyPolicy: document }, { services, identity }) {
      const arn = identity.attributes['Arn'] ?? '';
      services.iam.ensureResourcePolicy(arn, { name: 'key policy', document });
    },
  }),
  'AWS::KMS::Alias': defineResourceType({
    properties: alias,
    identify: ({ AliasName }) => ({ ref: AliasName, attributes: {} }),
    ensure: null,
  }),
};
