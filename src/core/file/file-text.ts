import type { FileEncoding } from './file-format.ts';

/** Decodes part of a row; null when the bytes are no text in the encoding. */
export type DecodeText = (bytes: Buffer, from: number, to: number) => string | null;

/**
 * Rows are found in bytes of which ASCII characters are themselves: UTF-8 and the one-byte encodings are read as they
 * are, UTF-16 is rewritten as UTF-8 on the way in.
 */
export function isUtf16(encoding: FileEncoding): boolean {
  return encoding === 'utf-16le' || encoding === 'utf-16be';
}

/** Rewrites UTF-16 as UTF-8, chunk by chunk; what is no UTF-16 becomes U+FFFD, which decodeRowText refuses. */
export interface Utf16Rewriter {
  push(chunk: Uint8Array): Buffer;
  finish(): Buffer;
}

export function createUtf16Rewriter(encoding: 'utf-16le' | 'utf-16be'): Utf16Rewriter {
  // The mark is kept: whether there is one is looked at where the file begins.
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return {
    push: (chunk) => Buffer.from(decoder.decode(chunk, { stream: true })),
    finish: () => Buffer.from(decoder.decode()),
  };
}

/** UTF-16 code units of UTF-8 text: one per character, two for those of four bytes. */
export function utf16Length(bytes: Uint8Array, from: number, to: number): number {
  let units = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

/** @param encoding as in the file */
export function textDecoderOf(encoding: FileEncoding): DecodeText {
  if (encoding === 'utf-8') return utf8Decoder();
  if (isUtf16(encoding)) return rewrittenDecoder();
  // The web's "iso-8859-1" is windows-1252; here it is what its name says: the first 256 characters of Unicode.
  if (encoding === 'iso-8859-1') return (bytes, from, to) => bytes.toString('latin1', from, to);
  return tableDecoder(encoding);
}

function utf8Decoder(): DecodeText {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (bytes, from, to) => {
    try {
      return decoder.decode(bytes.subarray(from, to));
    } catch {
      return null;
    }
  };
}

/** U+FFFD stands for what could not be decoded; a file that holds the character itself is refused there too. */
function rewrittenDecoder(): DecodeText {
  return (bytes, from, to) => {
    const text = bytes.toString('utf8', from, to);
    return text.includes('\uFFFD') ? null : text;
  };
}

/** One character per byte; bytes that the encoding does not define are no text. */
function tableDecoder(encoding: FileEncoding): DecodeText {
  const decoder = new TextDecoder(encoding);
  const characters = Array.from({ length: 256 }, (_, byte) => decoder.decode(Uint8Array.of(byte)));
  return (bytes, from, to) => {
    let text = '';
    for (let at = from; at < to; at++) {
      const character = characters[bytes[at] ?? 0] ?? '\uFFFD';
      if (character === '\uFFFD') return null;
      text += character;
    }
    return text;
  };
}
