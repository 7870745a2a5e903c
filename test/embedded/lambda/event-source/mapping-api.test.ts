import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
  type UpdateEventSourceMappingCommandInput,
} from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import { createEventSourceMappings } from '#embedded/lambda/event-source-mappings.ts';
import { createLambdaService } from '#embedded/lambda/lambda-service.ts';
import type { EventSourceMappings } from '#embedded/services.ts';
import { callKinesis } from '../../kinesis/call-kinesis.ts';
import { temporaryFolder } from '../../kinesis/temporary-folder.ts';
import { waitUntil, writeFunction } from '../start-lambda.ts';
import { createInProcessLambda, mapping, textsOf } from '../start-mappings.ts';

const STREAM_ARN = mapping.streamArn;
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

/** A control API over mappings whose functions run in this process. */
async function startApi(stateDir = temporaryFolder()) {
  const seen: string[] = [];
  const gate = { isOpen: true, wait: Promise.resolve() };
  const kinesis = createKinesisService({ stateDir: `${stateDir}/kinesis` });
  kinesis.ensureStream({ name: 'orders', shardCount: 1, retentionHours: 24 });
  const worker = createInProcessLambda(async (records) => {
    await gate.wait;
    seen.push(...textsOf(records));
  });
  const mappings: EventSourceMappings = createEventSourceMappings({
    stateDir: `${stateDir}/mappings`,
    kinesis,
    lambda: { ...worker, hasFunction: () => true },
    s3: { putObject: async () => true },
  });
  mappings.start();
  const lambda = createLambdaService({ endpointUrl: null, eventSourceMappings: () => mappings });
  for (const name of ['writer', 'reader']) lambda.ensureFunction(writeFunction('', { name }));
  const gateway = await startGateway({ port: 0, services: { lambda }, health: () => null });
  const client = new LambdaClient({
    endpoint: gateway.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  const close = async () => {
    client.destroy();
    await gateway.close();
    await lambda.close();
    await mappings.close();
    await kinesis.close();
  };
  onTestFinished(close);
  const put = async (text: string) => {
    const Data = Buffer.from(text).toString('base64');
    await callKinesis(kinesis, 'PutRecord', { StreamName: 'orders', PartitionKey: 'k', Data });
  };
  const create = (input: Partial<CreateEventSourceMappingCommandInput> = {}) =>
    client.send(
      new CreateEventSourceMappingCommand({
        FunctionName: 'writer',
        EventSourceArn: STREAM_ARN,
        StartingPosition: 'TRIM_HORIZON',
        ...input,
      }),
    );
  const get = (UUID: string | undefined) => client.send(new GetEventSourceMappingCommand({ UUID }));
  const update = (input: UpdateEventSourceMappingCommandInput) =>
    client.send(new UpdateEventSourceMappingCommand(input));
  const remove = (UUID: string | undefined) =>
    client.send(new DeleteEventSourceMappingCommand({ UUID }));
  const state = async (UUID: string | undefined) => (await get(UUID)).State;
  return { client, mappings, seen, gate, put, create, get, update, remove, state, close };
}

describe('CreateEventSourceMapping', () => {
  it('answers as AWS does, with its defaults, and the mapping works', async () => {
    const { create, get, put, seen } = await startApi();
    const { $metadata, ...created } = await create();
    expect($metadata.httpStatusCode).toBe(202);
    expect(created).toEqual({
      UUID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      EventSourceMappingArn: `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${created.UUID}`,
      EventSourceArn: STREAM_ARN,
      FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:writer',
      State: 'Creating',
      StateTransitionReason: 'User action',
      LastModified: expect.any(Date),
      LastProcessingResult: 'No records processed',
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 0,
      ParallelizationFactor: 1,
      BisectBatchOnFunctionError: false,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      TumblingWindowInSeconds: 0,
      FunctionResponseTypes: [],
      DestinationConfig: { OnFailure: {} },
    });
    await put('one');
    await waitUntil(() => seen.length === 1);
    const { State, LastProcessingResult } = await get(created.UUID);
    expect([State, LastProcessingResult]).toEqual(['Enabled', 'OK']);
  });

  it('takes every setting', async () => {
    const { create, get } = await startApi();
    const settings = {
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: new Date(1_763_600_000_000),
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 300,
      ParallelizationFactor: 10,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 10_000,
      MaximumRecordAgeInSeconds: 604_800,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::dead-letters' } },
      MetricsConfig: { Metrics: ['EventCount'] },
    } satisfies Partial<CreateEventSourceMappingCommandInput>;
    const { UUID } = await create({ ...settings, Enabled: false });
    expect(await get(UUID)).toMatchObject({ ...settings, State: 'Disabled' });
  });

  it.each([
    [{ FunctionName: 'gone' }, 'InvalidParameterValueException', 'Function does not exist'],
    [{ EventSourceArn: undefined }, 'InvalidParameterValueException', 'Unrecognized event source.'],
    [
      { EventSourceArn: `${STREAM_ARN}-gone` },
      'InvalidParameterValueException',
      `Stream not found: ${STREAM_ARN}-gone`,
    ],
    [
      { StartingPosition: undefined },
      'InvalidParameterValueException',
      "Value null at 'startingPosition'",
    ],
    [
      { StartingPosition: 'NEWEST' as 'LATEST' },
      'ValidationException',
      'enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]',
    ],
    [
      { StartingPosition: 'AT_TIMESTAMP' },
      'InvalidParameterValueException',
      'StartingPositionTimestamp is needed',
    ],
    [
      {
        StartingPosition: 'AT_TIMESTAMP',
        StartingPositionTimestamp: new Date(Date.now() + 60_000),
      },
      'InvalidParameterValueException',
      'cannot be in the future',
    ],
    [{ BatchSize: 10_001 }, 'ValidationException', "Value '10001' at 'batchSize'"],
    [{ ParallelizationFactor: 11 }, 'ValidationException', 'less than or equal to 10'],
    [{ MaximumRetryAttempts: -2 }, 'ValidationException', 'greater than or equal to -1'],
    [{ MaximumRecordAgeInSeconds: 59 }, 'InvalidParameterValueException', 'expected -1 or 60'],
    [
      { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:1:q' } } },
      'InvalidParameterValueException',
      'no queues and no topics; got arn:aws:sqs:us-east-1:1:q',
    ],
    [
      { FilterCriteria: { Filters: [{ Pattern: '{}' }] } },
      'InvalidParameterValueException',
      'does not emulate FilterCriteria',
    ],
    [
      { TumblingWindowInSeconds: 60 },
      'InvalidParameterValueException',
      'does not emulate TumblingWindowInSeconds',
    ],
    [{ Topics: ['t'] }, 'InvalidParameterValueException', 'does not emulate Topics'],
    [{ MetricsConfig: { Metrics: ['ErrorCount'] } }, 'ValidationException', "at 'metrics'"],
  ] as const)('refuses %j', async (wrong, name, message) => {
    const { create, mappings } = await startApi();
    const refused = create(wrong as Partial<CreateEventSourceMappingCommandInput>);
    await expect(refused).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
    expect(mappings.list()).toEqual([]);
  });

  it('refuses a second mapping of the same stream and function', async () => {
    const { create } = await startApi();
    const { UUID } = await create();
    await expect(create()).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: `The event source arn (" ${STREAM_ARN} ") and function (" writer ") provided mapping already exists. Please update or delete the existing mapping with UUID ${UUID}`,
    });
    expect((await create({ FunctionName: 'reader' })).UUID).not.toBe(UUID);
  });
});

describe('UpdateEventSourceMapping', () => {
  it('changes what it names and nothing else', async () => {
    const { create, get, update } = await startApi();
    const { UUID } = await create({
      BatchSize: 7,
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::dead-letters' } },
    });
    expect(await update({ UUID, MaximumRetryAttempts: 3 })).toMatchObject({ State: 'Updating' });
    expect(await get(UUID)).toMatchObject({
      State: 'Enabled',
      BatchSize: 7,
      MaximumRetryAttempts: 3,
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::dead-letters' } },
    });
    await update({ UUID, DestinationConfig: { OnFailure: { Destination: '' } } });
    expect((await get(UUID)).DestinationConfig).toEqual({ OnFailure: {} });
  });

  it('disables a mapping when nothing is in flight, and enables it where it stood', async () => {
    const { create, update, state, put, seen, gate } = await startApi();
    let open: () => void = () => undefined;
    gate.wait = new Promise((resolve) => {
      open = resolve;
    });
    const { UUID } = await create({ BatchSize: 1 });
    await put('one');
    await put('two');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await update({ UUID, Enabled: false })).State).toBe('Disabling');
    await expect(update({ UUID, BatchSize: 2 })).rejects.toMatchObject({
      name: 'ResourceInUseException',
      message: 'Cannot update the event source mapping because it is in use.',
    });
    open();
    await waitUntil(async () => (await state(UUID)) === 'Disabled');
    expect(seen).toEqual(['one']);
    await put('three');
    expect((await update({ UUID, Enabled: true })).State).toBe('Enabling');
    await waitUntil(() => seen.length === 3);
    expect(seen).toEqual(['one', 'two', 'three']);
    expect(await state(UUID)).toBe('Enabled');
  });

  it('moves a mapping to another function', async () => {
    const { create, get, update } = await startApi();
    const { UUID } = await create();
    await update({ UUID, FunctionName: 'reader' });
    expect((await get(UUID)).FunctionArn).toMatch(/:function:reader$/);
    await expect(update({ UUID, FunctionName: 'gone' })).rejects.toMatchObject({
      message: 'Function does not exist',
    });
  });

  it('keeps what it changed over a restart', async () => {
    const stateDir = temporaryFolder();
    const first = await startApi(stateDir);
    const { UUID } = await first.create();
    await first.put('one');
    await waitUntil(() => first.seen.length === 1);
    await first.update({ UUID, BatchSize: 5 });
    await first.close();
    const second = await startApi(stateDir);
    expect(await second.get(UUID)).toMatchObject({ BatchSize: 5, State: 'Enabled' });
    await second.put('two');
    await waitUntil(() => second.seen.length === 1);
    expect(second.seen).toEqual(['two']);
  });
});

describe('DeleteEventSourceMapping', () => {
  it('ends the mapping and forgets its position', async () => {
    const { create, remove, get, put, seen } = await startApi();
    const { UUID } = await create();
    await put('one');
    await waitUntil(() => seen.length === 1);
    expect(await remove(UUID)).toMatchObject({ State: 'Deleting', UUID });
    await waitUntil(() =>
      get(UUID).then(
        () => false,
        (error) => error.name === 'ResourceNotFoundException',
      ),
    );
    await put('two');
    await create();
    await waitUntil(() => seen.length === 3);
    expect(seen).toEqual(['one', 'one', 'two']);
  });
});

describe('a mapping that does not exist', () => {
  it('is not found by any call', async () => {
    const { get, update, remove } = await startApi();
    const missing = {
      name: 'ResourceNotFoundException',
      message: 'The resource you requested does not exist.',
    };
    await expect(get(UNKNOWN_ID)).rejects.toMatchObject(missing);
    await expect(update({ UUID: UNKNOWN_ID, BatchSize: 1 })).rejects.toMatchObject(missing);
    await expect(remove(UNKNOWN_ID)).rejects.toMatchObject(missing);
  });
});

describe('ListEventSourceMappings', () => {
  it('lists by function and stream, in pages', async () => {
    const { client, create } = await startApi();
    await create();
    await create({ FunctionName: 'reader' });
    const list = async (input: object) => {
      const answer = await client.send(new ListEventSourceMappingsCommand(input));
      return answer.EventSourceMappings?.map((each) => each.FunctionArn?.split(':').at(-1));
    };
    expect(await list({})).toEqual(['writer', 'reader']);
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:reader';
    expect(await list({ FunctionName: arn })).toEqual(['reader']);
    expect(await list({ EventSourceArn: `${STREAM_ARN}x` })).toEqual([]);
    expect(await list({ MaxItems: 1 })).toEqual(['writer']);
    expect(await list({ MaxItems: 1, Marker: '1' })).toEqual(['reader']);
  });
});
