import type { ServiceCall } from './service-call.ts';

const OPERATIONS: readonly (readonly [action: string, path: RegExp])[] = [
  ['kafka:GetBootstrapBrokers', /^\/v1\/clusters\/([^/]+)\/bootstrap-brokers$/],
  ['kafka:DescribeClusterV2', /^\/api\/v2\/clusters\/([^/]+)$/],
];

/** Null for what has no entry. Source: Service authorization reference, Amazon Managed Streaming for Apache Kafka. */
export function kafkaCalls(method: string, path: string): readonly ServiceCall[] | null {
  if (method !== 'GET') return null;
  for (const [action, pattern] of OPERATIONS) {
    const cluster = pattern.exec(path)?.[1];
    if (cluster !== undefined) return [{ action, resource: decodeOrKeep(cluster) }];
  }
  return null;
}

function decodeOrKeep(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
