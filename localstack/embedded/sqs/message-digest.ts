import { createHash } from 'node:crypto';
import type { MessageAttribute } from './queue-record.ts';

export function md5Of(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** Transport types of the digest. */
const STRING = 1;
const BINARY = 2;

/**
 * MD5 over names, types and values in the order of names; null without attributes.
 * Source: Amazon SQS developer guide, "Calculating the MD5 message digest for message attributes".
 */
export function md5OfAttributes(
  attributes: Readonly<Record<string, MessageAttribute>>,
): string | null {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return null;
  const md5 = createHash('md5');
  const update = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    md5.update(length).update(bytes);
  };
  for (const name of names) {
    const attribute = attributes[name];
    if (attribute === undefined) continue;
    const isBinary = attribute.BinaryValue !== undefined;
    update(Buffer.from(name));
    update(Buffer.from(attribute.DataType));
    md5.update(Buffer.from([isBinary ? BINARY : STRING]));
    update(
      Buffer.from(
        attribute.BinaryValue ?? attribute.StringValue ?? '',
        isBinary ? 'base64' : 'utf8',
      ),
    );
  }
  return md5.digest('hex');
}
