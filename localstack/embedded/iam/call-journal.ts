import type { CallRecord } from '#embedded/services.ts';

/** Calls that are told apart by their resource: beyond this, denied ones are counted under `*`. */
const MAX_RECORDS = 10_000;

export interface CallJournal {
  count(call: Omit<CallRecord, 'times'>): void;
  records(): readonly CallRecord[];
}

/** Counts equal calls, in bounded memory: a client that is refused may ask for ever new resources. */
export function createCallJournal(): CallJournal {
  const records = new Map<string, { readonly call: Omit<CallRecord, 'times'>; times: number }>();
  const count = (call: Omit<CallRecord, 'times'>): void => {
    const { principal, action, resource, policy, allowed } = call;
    const key = `${allowed}|${principal}|${action}|${policy}|${resource}`;
    const record = records.get(key);
    if (record !== undefined) record.times += 1;
    else if (records.size < MAX_RECORDS || resource === '*') records.set(key, { call, times: 1 });
    else count({ ...call, resource: '*' });
  };
  return {
    count,
    records: () => [...records.values()].map(({ call, times }) => ({ ...call, times })),
  };
}
