import { z } from 'zod';

/** A file that was uploaded, or that a run has to go on with. */
export interface FileMessage {
  readonly bucket: string;
  readonly key: string;
  /** Null without versions. */
  readonly versionId: string | null;
  /** Known when a run goes on. */
  readonly checksum: string | null;
}

/**
 * What EventBridge says of a new object. Unlike in a notification of S3 itself, the key is not encoded.
 * Source: Amazon S3, "Event message structure for Amazon EventBridge".
 */
const created = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.literal('Object Created'),
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({ key: z.string(), 'version-id': z.string().optional() }),
  }),
});

/** What an invocation leaves to the next one. */
const goesOn = z.strictObject({
  source: z.literal('sluice.files'),
  bucket: z.string(),
  key: z.string(),
  versionId: z.string().nullable(),
  checksum: z.string(),
});

/** Reads the body of a message; null when it is none of these. */
export function readFileMessage(body: string): FileMessage | null {
  const json = parseJson(body);
  const event = created.safeParse(json).data;
  if (event !== undefined) {
    const { bucket, object } = event.detail;
    const versionId = object['version-id'];
    return {
      bucket: bucket.name,
      key: object.key,
      // S3 says "null" of objects from before versions were kept.
      versionId: versionId === undefined || versionId === '' ? null : versionId,
      checksum: null,
    };
  }
  const next = goesOn.safeParse(json).data;
  if (next === undefined) return null;
  const { bucket, key, versionId, checksum } = next;
  return { bucket, key, versionId, checksum };
}

/** Body of the message with which a run goes on. */
export function goOnMessage(message: FileMessage & { readonly checksum: string }): string {
  const { bucket, key, versionId, checksum } = message;
  const body: z.infer<typeof goesOn> = { source: 'sluice.files', bucket, key, versionId, checksum };
  return JSON.stringify(body);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
