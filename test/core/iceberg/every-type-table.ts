import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { NestedField, Schema } from '#core/iceberg/spec/schema.ts';
import type { Row, Value } from '#core/schema/field.ts';
import { START_MS, seededRandom } from './fixed-world.ts';

const field = (id: number, name: string, type: NestedField['type'], required = false) => ({
  id,
  name,
  required,
  type,
});

/** A column of every type that a domain can have, alone and nested, required and optional. */
export const EVERY_TYPE_SCHEMA: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    field(1, 'id', 'long', true),
    field(2, 'ts', 'timestamp', true),
    field(3, 'kind', 'string', true),
    field(4, 'flag', 'boolean'),
    field(5, 'small', 'int'),
    field(6, 'big', 'long'),
    field(7, 'half', 'float'),
    field(8, 'real', 'double'),
    field(9, 'price', 'decimal(9, 2)'),
    field(10, 'amount', 'decimal(18, 4)'),
    field(11, 'total', 'decimal(38, 10)'),
    field(12, 'day', 'date'),
    field(13, 'at', 'timestamp'),
    field(14, 'text', 'string'),
    field(15, 'raw', 'binary'),
    field(16, 'fee_cents', 'long'),
    field(20, 'numbers', {
      type: 'list',
      'element-id': 21,
      element: 'int',
      'element-required': false,
    }),
    field(22, 'words', {
      type: 'list',
      'element-id': 23,
      element: { type: 'list', 'element-id': 24, element: 'string', 'element-required': true },
      'element-required': true,
    }),
    field(30, 'counts', {
      type: 'map',
      'key-id': 31,
      key: 'string',
      'value-id': 32,
      value: 'long',
      'value-required': false,
    }),
    field(40, 'place', {
      type: 'struct',
      fields: [
        field(41, 'city', 'string', true),
        field(42, 'lat', 'double'),
        field(43, 'owner', {
          type: 'struct',
          fields: [field(44, 'name', 'string'), field(45, 'since', 'date')],
        }),
      ],
    }),
    field(
      50,
      'legs',
      {
        type: 'list',
        'element-id': 51,
        element: {
          type: 'struct',
          fields: [field(52, 'code', 'string', true), field(53, 'qty', 'decimal(12, 3)')],
        },
        'element-required': true,
      },
      true,
    ),
    field(60, 'tags', {
      type: 'map',
      'key-id': 61,
      key: 'string',
      'value-id': 62,
      value: {
        type: 'struct',
        fields: [field(63, 'weight', 'float'), field(64, 'note', 'string')],
      },
      'value-required': true,
    }),
  ],
};

/** A time, a hash, a shortened text and a value as it is. */
export const EVERY_TYPE_SPEC: PartitionSpec = {
  'spec-id': 0,
  fields: [
    { 'source-id': 2, 'field-id': 1000, name: 'ts_day', transform: 'day' },
    { 'source-id': 1, 'field-id': 1001, name: 'id_bucket', transform: 'bucket[2]' },
    { 'source-id': 3, 'field-id': 1002, name: 'kind_trunc', transform: 'truncate[3]' },
  ],
};

const DAY_MICROS = 86_400_000_000n;
/** Long and raised in the middle when shortened to 16 characters; U+10FFFF cannot be raised at all. */
const TEXTS = [
  '',
  'plain',
  'Zürich 😀',
  'a text of more than sixteen characters',
  `fifteen chars..${'\u{10ffff}'}`,
  `${'\u{10ffff}'.repeat(17)}`,
  'e\u0301 and \u00e9',
  'quote " comma , newline \n tab \t back\\slash',
  '\ufeffstarts with a byte order mark',
  'null',
];
const DOUBLES = [0, -0, 1.5, -1e300, 1e-300, Number.NaN, Number.POSITIVE_INFINITY, -2.25];

/** Rows that differ by `from`, with edge values of every type and nulls in every optional column. */
export function everyTypeRows(count: number, from = 0): readonly Row[] {
  const random = seededRandom(from + 1);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random.next() * items.length)] as T;
  const maybe = (value: Value): Value => (random.next() < 0.2 ? null : value);
  return Array.from({ length: count }, (_, index) => {
    const id = from + index;
    return {
      id: BigInt(id) * 1_000_000_007n,
      ts: BigInt(START_MS) * 1000n + BigInt(id % 2) * DAY_MICROS + BigInt(id),
      kind: pick(['buy', 'sell', 'selling short', 'ä']),
      flag: maybe(id % 2 === 0),
      small: maybe(pick([0, -1, 2 ** 31 - 1, -(2 ** 31), id])),
      big: maybe(pick([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), BigInt(id)])),
      half: maybe(Math.fround(pick([0, -0, 1.5, -3.25, Number.NaN, 3.4e38]))),
      real: maybe(pick(DOUBLES)),
      price: maybe(pick([0n, 1n, -1n, 999_999_999n, -999_999_999n, BigInt(id)])),
      amount: maybe(pick([0n, -1n, 10n ** 18n - 1n, 1n - 10n ** 18n, BigInt(id)])),
      total: maybe(pick([0n, -1n, 10n ** 38n - 1n, 1n - 10n ** 38n, BigInt(id) << 64n])),
      day: maybe(pick([0, -719_162, 20_777, id])),
      at: maybe(pick([0n, -1n, 253_402_300_799_999_999n, BigInt(id)])),
      text: maybe(pick(TEXTS)),
      raw: maybe(
        pick([[], [0], [255], Array(20).fill(255), [1, 2, 3]]).length === 0
          ? new Uint8Array()
          : Uint8Array.from(pick([[0], [255, 0], Array<number>(20).fill(255), [1, 2, 3]])),
      ),
      fee_cents: maybe(BigInt(id) * 5n),
      numbers: maybe(pick<Value>([[], [1], [1, null, 3], [null]])),
      words: maybe(pick<Value>([[], [[]], [['a'], ['b', 'ä'], []]])),
      counts: maybe(
        pick<Value>([
          new Map(),
          new Map<string, Value>([
            ['a', 1n],
            ['b', null],
          ]),
        ]),
      ),
      place: maybe({
        city: pick(TEXTS),
        lat: maybe(pick(DOUBLES)),
        owner: maybe({ name: maybe(pick(TEXTS)), since: maybe(id) }),
      }),
      legs: pick<Value>([
        [],
        [{ code: 'x', qty: 12_345n }],
        [
          { code: 'y', qty: null },
          { code: '', qty: -1n },
        ],
      ]),
      tags: maybe(
        pick<Value>([
          new Map(),
          new Map<string, Value>([['k', { weight: 0.5, note: null }]]),
          new Map<string, Value>([
            ['k', { weight: null, note: 'n' }],
            ['l', { weight: 1, note: '' }],
          ]),
        ]),
      ),
    };
  });
}
