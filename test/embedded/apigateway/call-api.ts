import { type IncomingHttpHeaders, request } from 'node:http';
import { type SigningOptions, signRequest } from '../iam/sign-request.ts';

export interface ApiCall {
  readonly method?: string;
  /** Below the API, percent-encoded, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
  /** Null sends no signature. @default the administrator's, `test` */
  readonly signing?: Partial<SigningOptions> | null;
  /** Sent instead of the body that was signed. */
  readonly forgedBody?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const ADMINISTRATOR = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Calls an API at `http://host:port/_aws/execute-api/<id>`, signed with the signer of the AWS SDK. */
export async function callApi(apiUrl: string, call: ApiCall): Promise<ApiAnswer> {
  const base = new URL(apiUrl);
  const target = `${base.pathname}${call.path}`;
  const { method = 'GET', signing = {} } = call;
  const body = Buffer.from(call.body ?? '');
  const headers = { host: base.host, ...call.headers };
  const sent = call.forgedBody ?? body;
  if (signing === null) return send(base, { method, target, headers }, sent);
  const [path = '', query = ''] = target.split('?');
  const single = Object.entries(headers).filter(([, value]) => typeof value === 'string');
  const signed = await signRequest(
    {
      method,
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: Object.fromEntries(single) as Record<string, string>,
      body,
    },
    { atMs: Date.now(), ...ADMINISTRATOR, ...signing },
  );
  const signedHeaders: Record<string, string | string[]> = { ...headers };
  for (let index = 0; index < signed.rawHeaders.length; index += 2) {
    signedHeaders[signed.rawHeaders[index] ?? ''] = signed.rawHeaders[index + 1] ?? '';
  }
  return send(base, { method, target: signed.url ?? target, headers: signedHeaders }, sent);
}

function send(
  base: URL,
  { method, target, headers }: { method: string; target: string; headers: ApiCall['headers'] },
  body: string | Buffer,
): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: base.hostname, port: base.port, method, path: target, headers: { ...headers } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
