import { createHash } from 'node:crypto';

/** Wraps a hand-made protobuf message (hex, spaces allowed) in magic and a correct MD5. */
export function sealMessage(hex: string | Uint8Array): Uint8Array {
  const message = typeof hex === 'string' ? Buffer.from(hex.replaceAll(' ', ''), 'hex') : hex;
  return Buffer.concat([
    Buffer.from('f3899ac2', 'hex'),
    message,
    createHash('md5').update(message).digest(),
  ]);
}
