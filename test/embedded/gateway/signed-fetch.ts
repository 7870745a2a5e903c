import { signRequest } from '../iam/sign-request.ts';

/** Signs a POST as the AWS SDK does and sends it, on request with another body than was signed. */
export async function signedFetch(
  endpoint: string,
  request: {
    readonly service: string;
    readonly credentials: {
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string;
    };
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly sentBody?: string;
  },
): Promise<{ readonly status: number; readonly text: string }> {
  const { service, credentials, headers, body, sentBody = body } = request;
  const { rawHeaders } = await signRequest(
    {
      method: 'POST',
      path: '/',
      query: {},
      headers: { ...headers, host: new URL(endpoint).host },
      body: Buffer.from(body),
    },
    { ...credentials, service, atMs: Date.now() },
  );
  const pairs: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    // fetch writes the host itself.
    if (name !== 'host') pairs.push([name, value]);
  }
  const response = await fetch(endpoint, { method: 'POST', headers: pairs, body: sentBody });
  return { status: response.status, text: await response.text() };
}
