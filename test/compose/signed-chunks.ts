/** A body of the AWS Java SDK over http: every chunk with its signature. Only the framing is real. */
export function signedChunks(texts: readonly string[]): {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const signature = `chunk-signature=${'0'.repeat(64)}`;
  const chunks = [...texts, ''].map((text) => {
    const data = text === '' ? '' : `${text}\r\n`;
    return `${text.length.toString(16)};${signature}\r\n${data}`;
  });
  return {
    body: `${chunks.join('')}\r\n`,
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request',
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'x-amz-decoded-content-length': String(texts.join('').length),
    },
  };
}
