import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsChunkedDecoder } from '#embedded/s3/protocol/aws-chunked.ts';

const SIGNATURE = `;chunk-signature=${'a'.repeat(64)}`;

function encode(
  chunks: readonly Buffer[],
  options: { readonly signed: boolean; readonly trailer: string },
): Buffer {
  const extension = options.signed ? SIGNATURE : '';
  const pieces = chunks
    .filter((chunk) => chunk.length > 0)
    .flatMap((chunk) => [
      Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`),
      chunk,
      Buffer.from('\r\n'),
    ]);
  return Buffer.concat([...pieces, Buffer.from(`0${extension}\r\n${options.trailer}\r\n`)]);
}

function decode(encoded: Buffer, pieceBytes: number): { body: Buffer; trailers: object } {
  const decoder = new AwsChunkedDecoder();
  const payload: Buffer[] = [];
  for (let start = 0; start < encoded.length; start += pieceBytes) {
    payload.push(...decoder.push(encoded.subarray(start, start + pieceBytes)));
  }
  decoder.end();
  return { body: Buffer.concat(payload), trailers: Object.fromEntries(decoder.trailers) };
}

const decodeText = (text: string) => decode(Buffer.from(text), text.length);

describe('AwsChunkedDecoder', () => {
  it('decodes the signed example of the S3 reference', () => {
    const chunks = [Buffer.alloc(65536, 'a'), Buffer.alloc(1024, 'a')];
    const { body } = decode(encode(chunks, { signed: true, trailer: '' }), 1000);
    expect(body).toEqual(Buffer.alloc(66560, 'a'));
  });

  it('returns trailers with lower-case names', () => {
    const trailer = 'X-Amz-Checksum-Crc32: AAAAAA==\r\nx-amz-trailer-signature:ff\r\n';
    const { trailers } = decode(encode([], { signed: false, trailer }), 7);
    expect(trailers).toEqual({
      'x-amz-checksum-crc32': 'AAAAAA==',
      'x-amz-trailer-signature': 'ff',
    });
  });

  it('keeps payload that looks like framing', () => {
    const payload = Buffer.from('5\r\nhello\r\n0\r\n\r\n');
    const encoded = encode([payload], { signed: false, trailer: '' });
    expect(decode(encoded, encoded.length).body).toEqual(payload);
  });

  it('decodes any chunks in any network pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 })),
        fc.boolean(),
        fc.integer({ min: 1, max: 400 }),
        (chunks, signed, pieceBytes) => {
          const buffers = chunks.map((chunk) => Buffer.from(chunk));
          const trailer = 'x-amz-checksum-sha1:abc=\r\n';
          const { body, trailers } = decode(encode(buffers, { signed, trailer }), pieceBytes);
          expect(body).toEqual(Buffer.concat(buffers));
          expect(trailers).toEqual({ 'x-amz-checksum-sha1': 'abc=' });
        },
      ),
    );
  });

  it('refuses every body that is cut off', () => {
    const encoded = encode([Buffer.from('hello')], { signed: false, trailer: 'a:b\r\n' });
    for (let length = 0; length < encoded.length; length += 1) {
      const decoder = new AwsChunkedDecoder();
      decoder.push(encoded.subarray(0, length));
      expect(() => decoder.end()).toThrow(/in the middle/);
    }
  });

  it('refuses broken framing', () => {
    expect(() => decodeText('zz\r\nhello\r\n0\r\n\r\n')).toThrow(/without a size/);
    expect(() => decodeText('-5\r\nhello\r\n0\r\n\r\n')).toThrow(/without a size/);
    expect(() => decodeText('4\r\nhello\r\n0\r\n\r\n')).toThrow(/longer than its size/);
    expect(() => decodeText('0\r\n\r\nmore')).toThrow(/after the last chunk/);
    expect(() => decodeText('0\r\nnot a trailer\r\n\r\n')).toThrow(/not well-formed/);
    expect(() => decodeText('f'.repeat(2000))).toThrow(/too long/);
  });
});
