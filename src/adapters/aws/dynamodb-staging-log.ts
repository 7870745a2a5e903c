import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import { decodeSourceChain, encodeSourceChain } from '#core/delivery/source-chain-codec.ts';
import { SluiceError } from '#core/errors.ts';
import type { StagingLog } from '#ports/staging-log.ts';

type Item = Readonly<Record<string, AttributeValue>>;
type Key = Record<'domain' | 'source', AttributeValue>;

/** Of an item: names and values. Source: DynamoDB quotas. */
const MAX_ITEM_BYTES = 400 * 1024;
/** Digits that a number may take. Source: DynamoDB developer guide, "Item sizes and formats". */
const NUMBER_BYTES = 21;

/**
 * One item per source: keys `domain` and `source`, the version as `version` and the document as `chain`. Reads are strongly
 * consistent, writes conditional on the version. Throws SOURCE_UNAVAILABLE for time-outs, throttles and server errors.
 */
export function createDynamoDbStagingLog(client: DynamoDBClient, tableName: string): StagingLog {
  const read = async (domain: string, source: string): Promise<SourceChain | null> => {
    const { Item: item } = await client.send(
      new GetItemCommand({
        TableName: tableName,
        Key: keyOf(domain, source),
        ConsistentRead: true,
      }),
    );
    return item === undefined ? null : chainOf(item);
  };
  return {
    read: (domain, source) => available(`read the chain of ${source}`, () => read(domain, source)),
    list: (domain) =>
      available(`list the chains of ${domain}`, () => listChains(client, tableName, domain)),
    put: async (domain, chain) => {
      const text = encodeSourceChain(chain);
      requireRoom(domain, chain, text);
      return await changeIf(`write the chain of ${chain.source}`, {
        change: () => client.send(putCommand(tableName, { domain, chain, text })),
        // An answer was lost, and the request that the client repeated met what the first one had written.
        hasHappened: async () => {
          const stored = await read(domain, chain.source);
          return stored !== null && encodeSourceChain(stored) === text;
        },
      });
    },
    remove: async (domain, chain) =>
      await changeIf(`remove the chain of ${chain.source}`, {
        change: () =>
          client.send(
            new DeleteItemCommand({
              TableName: tableName,
              Key: keyOf(domain, chain.source),
              ConditionExpression: '#version = :version',
              ExpressionAttributeNames: VERSION_NAME,
              ExpressionAttributeValues: { ':version': { N: String(chain.version) } },
            }),
          ),
        hasHappened: async () => (await read(domain, chain.source)) === null,
      }),
  };
}

/** Words of the expression language may not stand in it. Source: DynamoDB, "Reserved words". */
const VERSION_NAME = { '#version': 'version' };

function keyOf(domain: string, source: string): Key {
  return { domain: { S: domain }, source: { S: source } };
}

function putCommand(
  tableName: string,
  put: { readonly domain: string; readonly chain: SourceChain; readonly text: string },
): PutItemCommand {
  const { domain, chain, text } = put;
  const base = chain.version - 1;
  return new PutItemCommand({
    TableName: tableName,
    Item: {
      ...keyOf(domain, chain.source),
      version: { N: String(chain.version) },
      chain: { S: text },
    },
    ExpressionAttributeNames: VERSION_NAME,
    ...(base === 0
      ? { ConditionExpression: 'attribute_not_exists(#version)' }
      : {
          ConditionExpression: '#version = :base',
          ExpressionAttributeValues: { ':base': { N: String(base) } },
        }),
  });
}

/** Links of a source come to some hundred bytes each: only a committer that stands still fills an item. */
function requireRoom(domain: string, { source, links }: SourceChain, text: string): void {
  const bytes = Buffer.byteLength(
    `domain${domain}source${source}version${' '.repeat(NUMBER_BYTES)}chain${text}`,
  );
  if (bytes <= MAX_ITEM_BYTES) return;
  throw new SluiceError(
    'CHAIN_TOO_LONG',
    `source ${source} has ${links.length} staged batches, ${bytes} bytes as an item, expected at most ${MAX_ITEM_BYTES}; see why they are not committed`,
    { context: { domain, source, links: links.length } },
  );
}

async function listChains(
  client: DynamoDBClient,
  tableName: string,
  domain: string,
): Promise<readonly SourceChain[]> {
  const chains: SourceChain[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName: tableName,
      KeyConditionExpression: '#domain = :domain',
      ExpressionAttributeNames: { '#domain': 'domain' },
      ExpressionAttributeValues: { ':domain': { S: domain } },
      ConsistentRead: true,
    },
  );
  for await (const page of pages) chains.push(...(page.Items ?? []).map(chainOf));
  return chains;
}

function chainOf(item: Item): SourceChain {
  return decodeSourceChain(item['chain']?.S ?? '', `staging log, ${item['source']?.S ?? ''}`);
}

/**
 * False says that nothing was changed, so it takes more than a refused condition: a client repeats a request whose answer was
 * lost, and then meets its own change. Whoever was refused at the first attempt did not change anything; later ones look.
 */
async function changeIf(
  what: string,
  { change, hasHappened }: { change: () => Promise<unknown>; hasHappened: () => Promise<boolean> },
): Promise<boolean> {
  return await available(what, async () => {
    try {
      await change();
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      if ((error.$metadata.attempts ?? 1) === 1) return false;
      if (await hasHappened()) return true;
      // Somebody may have changed it since.
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        `cannot tell whether it succeeded to ${what}: an answer was lost, and the condition does not hold any more; read again and look`,
        { cause: error },
      );
    }
  });
}

async function available<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof SluiceError || !isOutage(cause)) throw cause;
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new SluiceError('SOURCE_UNAVAILABLE', `cannot ${what}: ${reason}`, { cause });
  }
}

const THROTTLES = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);

/** Not what a caller, a role or a table is to blame for. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof DynamoDBServiceException)) return true;
  const { httpStatusCode = 500 } = error.$metadata;
  return httpStatusCode >= 500 || THROTTLES.has(error.name);
}
