import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, readBody } from '#embedded/gateway/json-protocol.ts';
import { accessKeyIdOf } from '#embedded/gateway/signing-scope.ts';
import { writeFailure } from '#embedded/gateway/write-failure.ts';
import { leaf, node, xmlDocument } from '#embedded/gateway/xml.ts';
import type { HttpService, IamService } from '#embedded/services.ts';
import { LOCAL_ACCOUNT } from '#embedded/services.ts';

const STS_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
/** AssumeRole with session policies is the largest STS request; it stays far below this. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Security Token Service with the one operation that tools call to see where they are:
 * GetCallerIdentity answers the local account, or the role of the caller. Source: AWS STS API reference, query protocol.
 */
export function createStsService(
  options: {
    /** @default everybody is the account's administrator */
    readonly iam?: Pick<IamService, 'principalOf'>;
  } = {},
): HttpService {
  return {
    async handle(request, response) {
      try {
        await answer(request, response, options);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        writeFailure(response, error, { protocol: 'query-xml' });
      }
    },
    async close() {},
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { iam }: { readonly iam?: Pick<IamService, 'principalOf'> },
): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
  const action = new URLSearchParams(body.toString('utf8')).get('Action') ?? query.get('Action');
  if (action !== 'GetCallerIdentity') {
    const message = `the local cloud emulates only GetCallerIdentity of sts, got ${action ?? 'no Action'}`;
    throw new AwsError('UnknownOperationException', message, 501);
  }
  const requestId = randomUUID();
  const principal = iam?.principalOf(accessKeyIdOf(request) ?? '');
  const arn = principal?.kind === 'role' ? principal.arn : `arn:aws:iam::${LOCAL_ACCOUNT}:root`;
  const document = Buffer.from(callerIdentity(arn, requestId));
  response.writeHead(200, {
    'content-type': 'text/xml',
    'content-length': document.length,
    'x-amzn-requestid': requestId,
  });
  response.end(document);
}

function callerIdentity(arn: string, requestId: string): string {
  const identity = node(
    'GetCallerIdentityResult',
    leaf('Arn', arn),
    leaf('UserId', LOCAL_ACCOUNT),
    leaf('Account', LOCAL_ACCOUNT),
  );
  const metadata = node('ResponseMetadata', leaf('RequestId', requestId));
  return xmlDocument('GetCallerIdentityResponse', [identity, metadata], {
    namespace: STS_NAMESPACE,
  });
}
