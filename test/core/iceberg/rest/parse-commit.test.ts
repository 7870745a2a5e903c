import { describe, expect, it } from 'vitest';
import { parseCommit } from '#core/iceberg/rest/parse-commit.ts';
import { parseBigintJson } from '#core/iceberg/spec/bigint-json.ts';

function parse(requirements: unknown, updates: unknown) {
  return parseCommit({ requirements, updates });
}

describe('parseCommit', () => {
  it('keeps ids of 64 bits exact, small ones too', () => {
    const body = parseBigintJson(
      `{"requirements":[{"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":9007199254740993}],
        "updates":[{"action":"remove-snapshots","snapshot-ids":[7,9223372036854775807]}]}`,
    );
    expect(parseCommit(body)).toEqual({
      requirements: [
        { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 9_007_199_254_740_993n },
      ],
      updates: [{ action: 'remove-snapshots', 'snapshot-ids': [7n, 9_223_372_036_854_775_807n] }],
    });
  });

  it.each([null, undefined, -1n])('takes the snapshot id %s for none', (id) => {
    const requirement = { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': id };
    expect(parse([requirement], []).requirements).toEqual([
      { ...requirement, 'snapshot-id': null },
    ]);
  });

  it('lets the catalog give the ids that a client leaves out', () => {
    const schema = { type: 'struct', fields: [] };
    const spec = { fields: [{ 'source-id': 1, name: 'd', transform: 'day', 'field-id': null }] };
    const updates = [
      { action: 'add-schema', schema },
      { action: 'add-spec', spec },
      { action: 'add-sort-order', 'sort-order': { fields: [] } },
    ];
    expect(parse([], updates).updates).toEqual([
      { action: 'add-schema', schema: { ...schema, 'schema-id': 0 } },
      { action: 'add-spec', spec: { fields: [{ 'source-id': 1, name: 'd', transform: 'day' }] } },
      { action: 'add-sort-order', 'sort-order': { 'order-id': 0, fields: [] } },
    ]);
  });

  it('drops the retention that a client writes as null', () => {
    const ref = { action: 'set-snapshot-ref', 'ref-name': 'a', type: 'tag', 'snapshot-id': 1n };
    expect(parse([], [{ ...ref, 'max-ref-age-ms': null }]).updates).toEqual([ref]);
  });

  const ref = { action: 'set-snapshot-ref', 'ref-name': 'a', type: 'tag', 'snapshot-id': 1n };
  it.each<[string, unknown, unknown, string]>([
    ['no list of requirements', {}, [], 'requirements: expected an array'],
    ['no list of updates', [], 'x', 'updates: expected an array'],
    ['an update that is a number', [], [1], 'updates[0]: expected an object'],
    ['an unknown action', [], [{ action: 'add-view-version' }], '"add-view-version"'],
    ['an action of the prototype', [], [{ action: 'constructor' }], 'updates[0].action'],
    ['no action', [], [{}], 'updates[0].action: expected a string, got nothing'],
    ['an unknown requirement', [{ type: 'assert-luck' }], [], '"assert-luck"'],
    [
      'a UUID that is a number',
      [{ type: 'assert-table-uuid', uuid: 1 }],
      [],
      'requirements[0].uuid',
    ],
    ['an id that is text', [], [{ action: 'set-current-schema', 'schema-id': '1' }], 'schema-id'],
    [
      'an id beyond 64 bits',
      [],
      [{ action: 'remove-snapshots', 'snapshot-ids': [2n ** 63n] }],
      'updates[0].snapshot-ids[0]: expected a 64-bit integer',
    ],
    [
      'half an id',
      [],
      [{ action: 'remove-snapshots', 'snapshot-ids': [1.5] }],
      'snapshot-ids[0]: expected a 64-bit integer',
    ],
    [
      'a property that is no text',
      [],
      [{ action: 'set-properties', updates: { a: 1 } }],
      'updates[0].updates.a',
    ],
    ['properties that are a list', [], [{ action: 'set-properties', updates: [] }], 'updates[0]'],
    ['a snapshot that is none', [], [{ action: 'add-snapshot', snapshot: {} }], 'snapshot-id'],
    ['a ref of no kind', [], [{ ...ref, type: 'leaf' }], 'updates[0].type'],
    ['a retention of 0', [], [{ ...ref, 'max-ref-age-ms': 0 }], 'updates[0].max-ref-age-ms'],
    ['10,001 updates', [], Array(10_001).fill({}), 'expected at most 10000, got 10001'],
  ])('refuses %s, naming the place', (_, requirements, updates, message) => {
    expect(() => parse(requirements, updates)).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it('refuses a column type that is not handled', () => {
    const fields = [{ id: 1, name: 'at', required: false, type: 'timestamptz' }];
    const update = { action: 'add-schema', schema: { type: 'struct', fields } };
    expect(() => parse([], [update])).toThrow(
      expect.objectContaining({ code: 'FEATURE_UNSUPPORTED' }),
    );
  });
});
