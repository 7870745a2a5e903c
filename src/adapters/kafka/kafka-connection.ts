import type { BaseOptions } from '@platformatic/kafka';
import type { MskTokenSource } from './msk-token.ts';

/** How a cluster is reached. */
export interface KafkaConnection {
  /** `host:port` of some of its brokers. */
  readonly bootstrap: readonly string[];
  /** Makes the tokens MSK takes over TLS (IAM access control); null for a broker on the own machine, in plain text. */
  readonly tokens: MskTokenSource | null;
  /** Of one request. @default 30_000 */
  readonly requestTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Within one call of ours; the producer has retries of its own above it. */
const CLIENT_RETRIES = 3;
const RETRY_DELAY_MS = 200;

/** Options of every client of the cluster. Topics are never created by naming them. */
export function clientOptions(connection: KafkaConnection, clientId: string): BaseOptions {
  const { bootstrap, tokens, requestTimeoutMs = REQUEST_TIMEOUT_MS } = connection;
  const security =
    tokens === null
      ? {}
      : {
          tls: {},
          tlsServerName: true,
          sasl: { mechanism: 'OAUTHBEARER' as const, token: () => tokens.token() },
        };
  return {
    clientId,
    bootstrapBrokers: [...bootstrap],
    connectTimeout: CONNECT_TIMEOUT_MS,
    timeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retries: CLIENT_RETRIES,
    retryDelay: RETRY_DELAY_MS,
    autocreateTopics: false,
    ...security,
  };
}
