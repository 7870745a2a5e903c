import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  CreateEventBusCommand,
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EventBridgeClient,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  type Target,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEventBridge } from '#embedded/eventbridge/eventbridge-service.ts';
import type { TargetServices } from '#embedded/eventbridge/invoke-target.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { createIamService } from '#embedded/iam/iam-service.ts';
import type { EventBridgeService, IamService } from '#embedded/services.ts';

const arnOf = (service: string, name: string): string =>
  `arn:aws:${service}:us-east-1:000000000000:${name}`;
const QUEUE = arnOf('sqs', 'work');
const LETTERS = arnOf('sqs', 'letters');
const FUNCTION = arnOf('lambda', 'function:work');
const RULE = arnOf('events', 'rule/orders');

interface Sent {
  readonly to: string;
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

async function startEvents(options: { readonly iam?: IamService } = {}) {
  const stateDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-events-'));
  const sent: Sent[] = [];
  const notices: string[] = [];
  const failures: (Error | null)[] = [];
  const take = (to: string, body: string, attributes: Sent['attributes'] = {}): void => {
    const failure = failures.shift() ?? null;
    if (failure !== null) throw failure;
    sent.push({ to, body: JSON.parse(body), attributes });
  };
  const services: TargetServices = {
    lambda: { invokeLater: (arn, payload) => take(arn, payload.toString('utf8')) },
    sqs: {
      send: (arn, { body, attributes = {} }) => {
        const texts = Object.entries(attributes).map(([name, value]) => [name, value.StringValue]);
        take(arn, body, Object.fromEntries(texts));
        return 'id';
      },
    },
    putRecord: (name, { partitionKey, data }) => take(`${name}/${partitionKey}`, data.toString()),
    ...(options.iam === undefined ? {} : { iam: options.iam }),
  };
  const onNotice = (text: string): void => void notices.push(text);
  const open = () => openEventBridge({ stateDir, services, onNotice });
  let service = open();
  const gateway = await startGateway({
    port: 0,
    services: {
      events: {
        handle: (request, response) => service.handle(request, response),
        close: async () => undefined,
      },
    },
    health: () => null,
  });
  const client = new EventBridgeClient({
    endpoint: gateway.endpoint,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(async () => {
    client.destroy();
    await gateway.close();
    await service.close();
    rmSync(stateDir, { recursive: true, force: true });
  });
  return {
    ...{ client, sent, notices, failures },
    service: (): EventBridgeService => service,
    restart: async (): Promise<void> => {
      await service.close();
      service = open();
    },
    delivered: () =>
      expect.poll(() => service.pending(), { timeout: 3000, interval: 5 }).toBe(false),
  };
}

type Events = Awaited<ReturnType<typeof startEvents>>;

async function putRule(
  { client }: Events,
  targets: Target[],
  pattern: unknown = { source: ['shop'] },
) {
  await client.send(new PutRuleCommand({ Name: 'orders', EventPattern: JSON.stringify(pattern) }));
  await client.send(new PutTargetsCommand({ Rule: 'orders', Targets: targets }));
}

async function putEvent({ client }: Events, detail: unknown, Source = 'shop') {
  const entry = { Source, DetailType: 'Order', Detail: JSON.stringify(detail) };
  return await client.send(new PutEventsCommand({ Entries: [entry] }));
}

describe('events', () => {
  it('reach the targets of the rules they match, as AWS documents them', async () => {
    const events = await startEvents();
    events.service().start();
    await putRule(events, [
      { Id: 'queue', Arn: QUEUE },
      { Id: 'function', Arn: FUNCTION, InputPath: '$.detail.items[0]' },
    ]);
    const { Entries } = await putEvent(events, { items: [{ id: 7 }] });
    await putEvent(events, { items: [] }, 'other');
    await events.delivered();
    expect(events.sent).toEqual([
      {
        to: QUEUE,
        attributes: {},
        body: {
          version: '0',
          id: Entries?.[0]?.EventId,
          'detail-type': 'Order',
          source: 'shop',
          account: '000000000000',
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          region: 'us-east-1',
          resources: [],
          detail: { items: [{ id: 7 }] },
        },
      },
      { to: FUNCTION, attributes: {}, body: { id: 7 } },
    ]);
  });

  it('are kept over a restart until the target took them', async () => {
    const events = await startEvents();
    await putRule(events, [{ Id: 'queue', Arn: QUEUE }]);
    await putEvent(events, { number: 1 });
    expect(events.service().pending()).toBe(true);
    await events.restart();
    expect(events.service().pending()).toBe(true);
    events.service().start();
    await events.delivered();
    expect(events.sent.map(({ body }) => body)).toMatchObject([{ detail: { number: 1 } }]);
    await events.restart();
    expect(events.service().pending()).toBe(false);
  });

  it('are filled into templates, as text within quotes and as JSON outside', async () => {
    const events = await startEvents();
    events.service().start();
    const InputTransformer = {
      InputPathsMap: { name: '$.detail.name', item: '$.detail.item', none: '$.detail.none' },
      InputTemplate: '{"text": "<name>: <none>", "item": <item>, "rule": <aws.events.rule-name>}',
    };
    await putRule(events, [{ Id: 'queue', Arn: QUEUE, InputTransformer }]);
    await putEvent(events, { name: 'A "quoted"', item: { id: 1 } });
    await events.delivered();
    expect(events.sent[0]?.body).toEqual({
      text: 'A "quoted": ',
      item: { id: 1 },
      rule: 'orders',
    });
  });

  it('are tried again, and end as a dead letter that says why', async () => {
    const events = await startEvents();
    events.service().start();
    await putRule(events, [
      {
        Id: 'queue',
        Arn: QUEUE,
        DeadLetterConfig: { Arn: LETTERS },
        RetryPolicy: { MaximumRetryAttempts: 1 },
      },
    ]);
    events.failures.push(new Error('disk'), new Error('disk'));
    await putEvent(events, { number: 1 });
    await events.delivered();
    expect(events.sent).toMatchObject([
      {
        to: LETTERS,
        body: { detail: { number: 1 } },
        attributes: {
          RULE_ARN: RULE,
          TARGET_ARN: QUEUE,
          ERROR_CODE: 'INTERNAL_ERROR',
          EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
          RETRY_ATTEMPTS: '1',
        },
      },
    ]);
  });

  it('are not tried again where the target is gone', async () => {
    const events = await startEvents();
    events.service().start();
    await putRule(events, [{ Id: 'queue', Arn: QUEUE }]);
    events.failures.push(new AwsError('ResourceNotFoundException', 'no such queue'));
    await putEvent(events, {});
    await events.delivered();
    expect(events.sent).toEqual([]);
    expect(events.notices).toEqual([expect.stringMatching(/no such queue; it is dropped/)]);
  });

  it('need the permission of the target, for this rule', async () => {
    const iam = createIamService();
    const events = await startEvents({ iam });
    events.service().start();
    const allow = (sourceArn: string): void =>
      iam.ensureResourcePolicy(QUEUE, {
        name: 'queue policy',
        document: {
          Statement: [
            {
              Effect: 'Allow',
              Action: 'sqs:SendMessage',
              Resource: QUEUE,
              Principal: { Service: 'events.amazonaws.com' },
              Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } },
            },
          ],
        },
      });
    await putRule(events, [{ Id: 'queue', Arn: QUEUE }]);
    allow(`${RULE}-other`);
    await putEvent(events, { number: 1 });
    await events.delivered();
    allow(RULE);
    await putEvent(events, { number: 2 });
    await events.delivered();
    expect(events.sent.map(({ body }) => body)).toMatchObject([{ detail: { number: 2 } }]);
    expect(events.notices[0]).toMatch(
      /events.amazonaws.com is not authorized to perform: sqs:SendMessage/,
    );
  });
});

describe('PutEvents', () => {
  it('judges every entry by itself', async () => {
    const events = await startEvents();
    const entry = (changes: object) => ({ Source: 'a', DetailType: 'b', Detail: '{}', ...changes });
    const { FailedEntryCount, Entries } = await events.client.send(
      new PutEventsCommand({
        Entries: [
          entry({}),
          entry({ Detail: '[]' }),
          entry({ Source: 'aws.s3' }),
          entry({ EventBusName: 'none' }),
        ],
      }),
    );
    expect(FailedEntryCount).toBe(3);
    expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'MalformedDetail',
      'NotAuthorizedForSource',
      'InvalidArgument',
    ]);
  });
});

describe('rules', () => {
  it('are described, disabled, kept over a restart and deleted when they have no targets', async () => {
    const events = await startEvents();
    const { client } = events;
    await client.send(new CreateEventBusCommand({ Name: 'own' }));
    const rule = { Name: 'r', EventBusName: 'own' };
    const put = await client.send(new PutRuleCommand({ ...rule, EventPattern: '{"a":["b"]}' }));
    expect(put.RuleArn).toBe(arnOf('events', 'rule/own/r'));
    const ofRule = { Rule: 'r', EventBusName: 'own' };
    const Targets = [{ Id: '1', Arn: QUEUE }];
    await client.send(new PutTargetsCommand({ ...ofRule, Targets }));
    await client.send(new DisableRuleCommand(rule));
    await events.restart();
    events.service().start();
    expect(await client.send(new DescribeRuleCommand(rule))).toMatchObject({ State: 'DISABLED' });
    const listed = await client.send(new ListTargetsByRuleCommand(ofRule));
    expect(listed.Targets).toEqual(Targets);
    await expect(client.send(new DeleteRuleCommand(rule))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await client.send(new RemoveTargetsCommand({ ...ofRule, Ids: ['1'] }));
    await client.send(new DeleteRuleCommand(rule));
    await expect(client.send(new DescribeRuleCommand(rule))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('of a template go when no template holds them any more', async () => {
    const events = await startEvents();
    const rule = { busName: 'default', name: 'old', description: null, schedule: null };
    const pattern = { eventPattern: '{"source":["x"]}', state: 'ENABLED' as const, targets: [] };
    events.service().ensureRule({ ...rule, ...pattern });
    await events.restart();
    events.service().start();
    await expect(
      events.client.send(new DescribeRuleCommand({ Name: 'old' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('refuse targets that are not emulated, by name', async () => {
    const events = await startEvents();
    const machine = arnOf('states', 'stateMachine:x');
    await expect(putRule(events, [{ Id: '1', Arn: machine }])).rejects.toThrow(/Step Functions/);
    const http = { Id: '1', Arn: QUEUE, HttpParameters: {} };
    await expect(putRule(events, [http])).rejects.toThrow(/does not emulate HttpParameters/);
  });

  it('answer whether a pattern matches', async () => {
    const { client } = await startEvents();
    const event = { id: '1', account: '1', source: 'a', time: 't', region: 'r', resources: [] };
    const Event = JSON.stringify({ ...event, 'detail-type': 'x' });
    const test = (EventPattern: string) =>
      client.send(new TestEventPatternCommand({ EventPattern, Event }));
    expect((await test('{"source":["a"]}')).Result).toBe(true);
    expect((await test('{"source":["b"]}')).Result).toBe(false);
    await expect(test('{"source":"a"}')).rejects.toMatchObject({
      name: 'InvalidEventPatternException',
    });
  });
});
