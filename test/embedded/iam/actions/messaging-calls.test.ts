import { describe, expect, it } from 'vitest';
import { EVENTS_CALLS } from '#embedded/iam/actions/events-calls.ts';
import { SQS_CALLS } from '#embedded/iam/actions/sqs-calls.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:work';
const EVENTS = 'arn:aws:events:us-east-1:000000000000';

describe('permissions of SQS', () => {
  it('are on the queue of the URL, whatever its host, or of the name', () => {
    const QueueUrl = 'http://localhost:1/000000000000/work';
    expect(SQS_CALLS['SendMessage']?.({ QueueUrl })).toEqual([QUEUE]);
    expect(SQS_CALLS['GetQueueUrl']?.({ QueueName: 'work' })).toEqual([QUEUE]);
    expect(SQS_CALLS['ListQueues']?.({})).toEqual(['*']);
  });

  it('of batches are those of the single operation', () => {
    const QueueUrl = 'http://localhost:1/000000000000/work';
    expect(SQS_CALLS['DeleteMessageBatch']?.({ QueueUrl })).toEqual([
      { action: 'sqs:DeleteMessage', resource: QUEUE },
    ]);
  });
});

describe('permissions of EventBridge', () => {
  it('are on every bus that entries name, and on the rule', () => {
    const Entries = [{}, { EventBusName: 'own' }, { EventBusName: `${EVENTS}:event-bus/own` }];
    expect(EVENTS_CALLS['PutEvents']?.({ Entries })).toEqual([
      `${EVENTS}:event-bus/default`,
      `${EVENTS}:event-bus/own`,
    ]);
    expect(EVENTS_CALLS['PutTargets']?.({ Rule: 'r' })).toEqual([`${EVENTS}:rule/r`]);
    expect(EVENTS_CALLS['PutRule']?.({ Name: 'r', EventBusName: 'own' })).toEqual([
      `${EVENTS}:rule/own/r`,
    ]);
  });
});
