import type { RequestCounts } from '../handler/count-requests.ts';

/** List prices of us-east-1 in USD: ARM functions, on-demand tables, standard queues. Sources: docs/benchmarks.md. */
const USD = {
  lambdaGbSecond: 0.0000133334,
  lambdaRequest: 0.2e-6,
  s3Put: 5e-6,
  s3Get: 0.4e-6,
  dynamoWriteUnit: 0.625e-6,
  dynamoReadUnit: 0.125e-6,
  sqsRequest: 0.4e-6,
  glueRequest: 1e-6,
} as const;

/** One full processor is allotted at this size. Source: AWS Lambda developer guide, "Configure Lambda function memory". */
const MEMORY_GB = 1769 / 1024;
/** A mapping receives and deletes up to this many messages with one request each. Source: Amazon SQS quotas. */
const MESSAGES_PER_REQUEST = 10;

export interface CostBasis {
  /** Events behind all of the following. */
  readonly events: number;
  /** Invocations of the writer and of the committer. */
  readonly invocations: number;
  /** Their duration, waiting for services included: it is billed. */
  readonly billedMs: number;
  readonly requests: RequestCounts;
}

/** USD by what it is paid for, and their sum. */
export interface Cost {
  readonly lambda: number;
  readonly s3: number;
  readonly dynamoDb: number;
  readonly glue: number;
  readonly sqs: number;
  readonly total: number;
}

/**
 * What it costs to take a billion events from the stream into committed rows. Without the stream itself, storage, queries,
 * logs, compaction, and the few invocations a minute that find nothing to do.
 */
export function usdPerBillionEvents(basis: CostBasis): Cost {
  const { events, invocations, billedMs, requests } = basis;
  const perBillion = (usd: number) => (usd * 1e9) / events;
  const lambda = perBillion(
    (billedMs / 1000) * MEMORY_GB * USD.lambdaGbSecond + invocations * USD.lambdaRequest,
  );
  const s3 = perBillion(requests.s3Puts * USD.s3Put + requests.s3Gets * USD.s3Get);
  const dynamoDb = perBillion(
    requests.dynamoWriteUnits * USD.dynamoWriteUnit + requests.dynamoReadUnits * USD.dynamoReadUnit,
  );
  const glue = perBillion(requests.glueRequests * USD.glueRequest);
  const sqsRequests = requests.messages * (1 + 2 / MESSAGES_PER_REQUEST);
  const sqs = perBillion(sqsRequests * USD.sqsRequest);
  return { lambda, s3, dynamoDb, glue, sqs, total: lambda + s3 + dynamoDb + glue + sqs };
}
