import { describe, expect, it } from 'vitest';
import { usdPerBillionEvents } from '../../../bench/cost/usd-per-billion-events.ts';
import { noRequests } from '../../../bench/handler/count-requests.ts';

describe('usdPerBillionEvents', () => {
  const nothing = { events: 1e9, invocations: 0, billedMs: 0, requests: noRequests() };

  it('bills the time of a function of one full processor', () => {
    const { lambda, total } = usdPerBillionEvents({ ...nothing, billedMs: 1024 * 1000 });
    expect(lambda).toBeCloseTo(1769 * 0.0000133334, 6);
    expect(total).toBe(lambda);
  });

  it('bills invocations', () => {
    expect(usdPerBillionEvents({ ...nothing, invocations: 1e6 }).lambda).toBeCloseTo(0.2);
  });

  it('bills each kind of request at its price', () => {
    const requests = {
      s3Puts: 1000,
      s3Gets: 1000,
      glueRequests: 1e6,
      dynamoWriteUnits: 1e6,
      dynamoReadUnits: 1e6,
      messages: 1e6,
    };
    const cost = usdPerBillionEvents({ ...nothing, requests });
    expect(cost.s3).toBeCloseTo(0.0054);
    expect(cost.glue).toBeCloseTo(1);
    expect(cost.dynamoDb).toBeCloseTo(0.75);
    // One request each to send, a tenth each to receive and to delete.
    expect(cost.sqs).toBeCloseTo(0.48);
    expect(cost.total).toBeCloseTo(0.0054 + 1 + 0.75 + 0.48);
  });

  it('scales to a billion', () => {
    const one = usdPerBillionEvents({ ...nothing, invocations: 1e6 });
    const half = usdPerBillionEvents({ ...nothing, invocations: 1e6, events: 5e8 });
    expect(half.total).toBeCloseTo(2 * one.total);
  });
});
