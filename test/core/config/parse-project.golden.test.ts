import { describe, expect, it } from 'vitest';
import { issuesOf, MARKET, market, PLATFORM, TICK } from './project-fixture.ts';

const DOMAIN = 'domains/market.yaml';
const TYPES =
  'string, boolean, int, long, float, double, date, timestamp_millis, timestamp_micros, bytes, decimal(p,s), money, enum, list, map, record';
const STREAM_KEYS =
  '"description", "category", "key", "event_time", "fields", "identity", "watermark", "rate", "dedupe", "retention", "compatibility", "quality", "mapping", "partition", "sinks", "generate"';
const FIELDS = 'one of "source_system", "trade_id", "symbol", "timestamp", "price", "size", "fee"';

/** Text of the domain file after `key: symbol` gained further lines. */
const withLines = (...lines: readonly string[]) =>
  market('key: symbol', ['key: symbol', ...lines.map((line) => `    ${line}`)].join('\n'));

const withField = (line: string) => market('trade_id: string', `trade_id: string\n      ${line}`);

/** Mistake, files changed, and the whole text a user reads. */
const CASES: readonly (readonly [string, Readonly<Record<string, string | null>>, string])[] = [
  [
    'a misspelt key',
    withLines('eventtime: timestamp'),
    `${DOMAIN}:7:5 streams.trade.eventtime: expected one of ${STREAM_KEYS}, got "eventtime"; did you mean "event_time"?`,
  ],
  [
    'a misspelt required key is one issue, not two',
    market('key: symbol', 'kye: symbol'),
    `${DOMAIN}:6:5 streams.trade.kye: expected one of ${STREAM_KEYS}, got "kye"; did you mean "key"?`,
  ],
  [
    'a section of the language that does not exist yet',
    { [DOMAIN]: `${MARKET}aggregates: {}\n` },
    `${DOMAIN}:20:1 aggregates: expected no key "aggregates", got one; not supported in this version`,
  ],
  [
    'a part of a stream that does not exist yet',
    withLines('archive: true', 'partition: { silver: [] }', 'retention: { silver: 5y }'),
    [
      `${DOMAIN}:7:5 streams.trade.archive: expected no key "archive", got one; not supported in this version`,
      `${DOMAIN}:8:18 streams.trade.partition.silver: expected no key "silver", got one; not supported in this version`,
      `${DOMAIN}:9:18 streams.trade.retention.silver: expected no key "silver", got one; not supported in this version`,
    ].join('\n'),
  ],
  [
    'a buffer that does not exist',
    { [DOMAIN]: `buffer: kinesi\ntopics: streams\n${MARKET}` },
    [
      `${DOMAIN}:1:9 buffer: expected "kinesis" or "kafka", got "kinesi"; did you mean "kinesis"?`,
      `${DOMAIN}:2:9 topics: expected one of "domain", "category", "stream", got "streams"; did you mean "stream"?`,
    ].join('\n'),
  ],
  [
    'a horizon that is no duration',
    withLines('dedupe: { horizon: 3600 }'),
    `${DOMAIN}:7:24 streams.trade.dedupe.horizon: expected a duration such as 1h, at most 7d, or 0, got 3600`,
  ],
  [
    'a horizon that the memory of the writer does not hold',
    withLines('rate: { expected: 20000/s }', 'dedupe: { horizon: 2h }'),
    `${DOMAIN}:8:24 streams.trade.dedupe.horizon: expected the identities within the horizon in a quarter of the writer's memory (1769MB / 4 = 442MB), got trade 20000/s x 7200s x 150B = 21600MB; shorten the horizon, raise writer.memory, or set the horizon to 0`,
  ],
  [
    'a stream with the name of the table of rejected events',
    market('  trade:', '  rejected:'),
    `${DOMAIN}:4:3 streams.rejected: expected another name, got "rejected": it is the table of the events that are not taken in; try "rejected_value" or another noun`,
  ],
  [
    'a missing key',
    market('    key: symbol\n', ''),
    `${DOMAIN}:4:3 streams.trade.key: expected text, got nothing`,
  ],
  [
    'an unknown type',
    market('price: double', 'price: doubel'),
    `${DOMAIN}:12:14 streams.trade.fields.price: expected a type (${TYPES}), got "doubel"; did you mean "double"?`,
  ],
  [
    'a type of another language',
    withField('note: varchar'),
    `${DOMAIN}:10:13 streams.trade.fields.note: expected a type (${TYPES}), got "varchar"; did you mean "string"?`,
  ],
  [
    'a type that is no text',
    market('price: double', 'price: 3'),
    `${DOMAIN}:12:14 streams.trade.fields.price: expected a type such as double, or a mapping such as { type: money, currency: USD }, got 3`,
  ],
  [
    'a misspelt key and a wrong value in a field',
    market('currency: USD, optional: true', 'currncy: USD, optional: yes'),
    [
      `${DOMAIN}:14:27 streams.trade.fields.fee.currncy: expected one of "type", "currency", "symbols", "element", "value", "fields", "optional", "default", "aliases", "doc", "examples", "allow_nan", got "currncy"; did you mean "currency"?`,
      `${DOMAIN}:14:51 streams.trade.fields.fee.optional: expected true or false, got "yes"`,
    ].join('\n'),
  ],
  [
    'money without a currency',
    withField('tax: money'),
    `${DOMAIN}:10:7 streams.trade.fields.tax.currency: expected a currency such as { type: money, currency: USD }, got nothing`,
  ],
  [
    'a key of another type',
    withField('tax: { type: int, currency: USD }'),
    `${DOMAIN}:10:25 streams.trade.fields.tax.currency: expected no key "currency" at type "int", got one; it belongs to type money`,
  ],
  [
    'a decimal out of range',
    withField('ratio: decimal(40,2)'),
    `${DOMAIN}:10:14 streams.trade.fields.ratio: expected decimal(p,s) with p from 1 to 38 and s from 0 to p, got "decimal(40,2)"`,
  ],
  [
    'enum symbols that no Avro reader takes',
    withField('side: { type: enum, symbols: [bid, bid, 1st] }'),
    [
      `${DOMAIN}:10:42 streams.trade.fields.side.symbols[1]: expected each symbol once, got "bid" again`,
      `${DOMAIN}:10:47 streams.trade.fields.side.symbols[2]: expected a symbol of letters, digits and underscores that starts with a letter, got "1st"`,
    ].join('\n'),
  ],
  [
    'a list without an element type',
    withField('tags: { type: list }'),
    `${DOMAIN}:10:7 streams.trade.fields.tags.element: expected a type, as in { type: list, element: string }, got nothing`,
  ],
  [
    'an empty record',
    withField('address: { type: record, fields: {} }'),
    `${DOMAIN}:10:40 streams.trade.fields.address.fields: expected at least one field in the record, got nothing`,
  ],
  [
    'a default of another type',
    withField('level: { type: int, default: 1.5 }'),
    `${DOMAIN}:10:36 streams.trade.fields.level.default: expected a whole number of 32 bits, got 1.5`,
  ],
  [
    'a default of an optional field',
    withField('level: { type: int, default: 1, optional: true }'),
    `${DOMAIN}:10:36 streams.trade.fields.level.default: expected no default at an optional field (it is null), got 1; remove "default" or "optional"`,
  ],
  [
    'allow_nan at a type without NaN',
    withField('level: { type: int, allow_nan: true }'),
    `${DOMAIN}:10:38 streams.trade.fields.level.allow_nan: expected allow_nan at float or double only, got it at int`,
  ],
  [
    'aliases that lead to two fields',
    withField('venue: { type: string, aliases: [venue, market, market, symbol] }'),
    [
      `${DOMAIN}:10:40 streams.trade.fields.venue.aliases[0]: expected an earlier name, got the present name "venue"`,
      `${DOMAIN}:10:55 streams.trade.fields.venue.aliases[2]: expected each alias once, got "market" again`,
      `${DOMAIN}:10:63 streams.trade.fields.venue.aliases[3]: expected a name that no other field has, got "symbol", which leads to field "symbol"`,
    ].join('\n'),
  ],
  [
    'an unknown category',
    market('market.tick', 'market.tik'),
    `${DOMAIN}:5:15 streams.trade.category: expected "market.tick" or "sensor.reading", got "market.tik"; did you mean "market.tick"?`,
  ],
  [
    'a field of the category that is missing',
    market('      size: double\n', ''),
    `${DOMAIN}:7:5 streams.trade.fields: expected field "size" of type double (category market.tick), got nothing`,
  ],
  [
    'a field of the category with another type',
    market('size: double', 'size: string'),
    `${DOMAIN}:13:13 streams.trade.fields.size: expected field "size" of type double (category market.tick), got type string`,
  ],
  [
    'a field of the category that is optional',
    market('size: double', 'size: { type: double, optional: true }'),
    `${DOMAIN}:13:39 streams.trade.fields.size.optional: expected field "size" of type double (category market.tick) in every event, got an optional field; remove "optional"`,
  ],
  [
    'a key that is no field',
    market('key: symbol', 'key: symbl'),
    `${DOMAIN}:6:10 streams.trade.key: expected ${FIELDS}, got "symbl"; did you mean "symbol"?`,
  ],
  [
    'a key named like a property of every object',
    market('key: symbol', 'key: constructor'),
    `${DOMAIN}:6:10 streams.trade.key: expected ${FIELDS}, got "constructor"`,
  ],
  [
    'a key whose text is not the same everywhere',
    market('key: symbol', 'key: price'),
    `${DOMAIN}:6:10 streams.trade.key: expected a field of type string, enum, boolean, int, long, date, timestamp_millis, timestamp_micros, got "price" of type double`,
  ],
  [
    'an event time that is no time',
    withLines('event_time: symbol'),
    `${DOMAIN}:7:17 streams.trade.event_time: expected a field of type timestamp_micros or timestamp_millis, got "symbol" of type string`,
  ],
  [
    'an identity of repeated, optional and unknown fields',
    market('[source_system, trade_id]', '[trade_id, trade_id, fee, nope]'),
    [
      `${DOMAIN}:15:26 streams.trade.identity[1]: expected each field once, got "trade_id" again`,
      `${DOMAIN}:15:36 streams.trade.identity[2]: expected a field that every event has, got the optional field "fee"`,
      `${DOMAIN}:15:41 streams.trade.identity[3]: expected ${FIELDS}, got "nope"`,
    ].join('\n'),
  ],
  [
    'no identity',
    market('    identity: [source_system, trade_id]\n', ''),
    `${DOMAIN}:4:3 streams.trade.identity: expected the fields that make two events the same event, got nothing; list them or add a field "event_id"`,
  ],
  [
    'a reserved word as column',
    withField('order: string'),
    `${DOMAIN}:10:7 streams.trade.fields.order: expected a name that is not a reserved word of Athena, got "order"; try "order_value" or another noun`,
  ],
  [
    'a reserved word as table',
    market('  trade:', '  table:'),
    `${DOMAIN}:4:3 streams.table: expected a name that is not a reserved word of Athena, got "table"; try "table_value" or another noun`,
  ],
  [
    'names that Athena would change or hide',
    withField('Venue: string\n      _x: int'),
    [
      `${DOMAIN}:10:7 streams.trade.fields.Venue: expected a name of lower-case letters, digits and underscores that starts with a letter, got "Venue"`,
      `${DOMAIN}:11:7 streams.trade.fields._x: expected a name of lower-case letters, digits and underscores that starts with a letter, got "_x"`,
    ].join('\n'),
  ],
  [
    'two fields with one column',
    withField('fee_cents: long'),
    `${DOMAIN}:15:7 streams.trade.fields.fee: expected a column of its own, got "fee_cents", the column of field "fee_cents"; rename one of them`,
  ],
  [
    'partition terms of every wrong kind',
    withLines('partition: { bronze: [weekly(x), hour(symbol), day(timestamp), hour(timestamp)] }'),
    [
      `${DOMAIN}:7:27 streams.trade.partition.bronze[0]: expected a partition term: a column, year(c), month(c), day(c), hour(c), bucket(N, c) or truncate(W, c), got "weekly(x)"`,
      `${DOMAIN}:7:38 streams.trade.partition.bronze[1]: expected a column of type timestamp_millis, timestamp_micros in hour, got string`,
      `${DOMAIN}:7:68 streams.trade.partition.bronze[3]: expected one term per column and kind, got a second one for "timestamp"; keep the finer one`,
    ].join('\n'),
  ],
  [
    'a partition term that a comma has cut',
    withLines('partition: { bronze: [bucket(16, symbol)] }'),
    [
      `${DOMAIN}:7:27 streams.trade.partition.bronze[0]: expected a partition term: a column, year(c), month(c), day(c), hour(c), bucket(N, c) or truncate(W, c), got "bucket(16"; inside [ ] and { } a comma ends the value: put the whole of it in quotes`,
      `${DOMAIN}:7:38 streams.trade.partition.bronze[1]: expected a partition term: a column, year(c), month(c), day(c), hour(c), bucket(N, c) or truncate(W, c), got "symbol)"; inside [ ] and { } a comma ends the value: put the whole of it in quotes`,
    ].join('\n'),
  ],
  [
    'a partition field with the name of a column',
    {
      [DOMAIN]: MARKET.replace(
        'trade_id: string',
        'trade_id: string\n      symbol_bucket: int',
      ).replace('key: symbol', 'key: symbol\n    partition: { bronze: ["bucket(4, symbol)"] }'),
    },
    `${DOMAIN}:7:27 streams.trade.partition.bronze[0]: expected a partition name that is no column, got "symbol_bucket"; rename the field "symbol_bucket"`,
  ],
  [
    'mappings of fields that cannot be mapped',
    market(
      'symbol: upper(symbol)',
      [
        'symbl: upper(symbol)',
        'fee: fee',
        'price: { type: double, value: price }',
        'ratio: { type: doubl, value: price }',
      ].join('\n      '),
    ),
    [
      `${DOMAIN}:19:7 streams.trade.mapping.symbl: expected a field to rewrite, got "symbl"; did you mean "symbol"?`,
      `${DOMAIN}:20:7 streams.trade.mapping.fee: expected a field of a plain type to rewrite, got "fee" of type money; fill a new column with { type, value } instead`,
      `${DOMAIN}:21:7 streams.trade.mapping.price: expected a new column, got the field "price"; write "price: <expression>" to rewrite it`,
      `${DOMAIN}:22:22 streams.trade.mapping.ratio.type: expected a type (${TYPES}), got "doubl"; did you mean "double"?`,
    ].join('\n'),
  ],
  [
    'a new column without a type',
    market('symbol: upper(symbol)', 'notional: price * size'),
    `${DOMAIN}:19:7 streams.trade.mapping.notional: expected a field to rewrite, got "notional"; declare a new column as notional: { type: double, value: … }`,
  ],
  [
    'a quality rule without a name of its own and with a wrong outcome',
    market(
      'on_fail: reject }',
      'on_fail: reject }\n      - { rule: price > 0, on_fail: flag }\n      - { rule: size > 0, on_fail: drop }',
    ),
    [
      `${DOMAIN}:18:9 streams.trade.quality[1]: expected a rule name of its own, got "price_above_0" again; set "name"`,
      `${DOMAIN}:19:36 streams.trade.quality[2].on_fail: expected "reject" or "flag", got "drop"`,
    ].join('\n'),
  ],
  [
    'quantities without or with wrong units',
    withLines(
      'watermark: { delay: 10, idle: 0s, max_future_skew: 5 s }',
      'rate: { expected: 200, bytes: 2MiB }',
    ),
    [
      `${DOMAIN}:7:25 streams.trade.watermark.delay: expected a duration such as 10s, 1m, 24h or 7d, at most 7d, got 10`,
      `${DOMAIN}:7:35 streams.trade.watermark.idle: expected a duration such as 10s, 1m, 24h or 7d, at least 1s, at most 7d, got "0s"`,
      `${DOMAIN}:7:56 streams.trade.watermark.max_future_skew: expected a duration such as 10s, 1m, 24h or 7d, at most 7d, got "5 s"`,
      `${DOMAIN}:8:23 streams.trade.rate.expected: expected a rate such as 200/s, 5/m or 1000/h, at least 1/d, got 200`,
      `${DOMAIN}:8:35 streams.trade.rate.bytes: expected a size such as 120B, 512MB or 10GB, at least 1B, at most 1MiB, got "2MiB"`,
    ].join('\n'),
  ],
  [
    'generators of unknown fields and without arguments',
    withLines('generate: { prise: walk(1), price: walk }'),
    [
      `${DOMAIN}:7:17 streams.trade.generate.prise: expected ${FIELDS}, got "prise"; did you mean "price"?`,
      `${DOMAIN}:7:40 streams.trade.generate.price: expected a call such as walk(100, 0.02), got "walk"`,
    ].join('\n'),
  ],
  [
    'text that is not YAML',
    { [DOMAIN]: 'a: [\n' },
    `${DOMAIN}:2:1: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]`,
  ],
  [
    'an empty file',
    { [DOMAIN]: '' },
    `${DOMAIN}:1:1: expected a mapping of keys to values, got an empty file`,
  ],
  [
    'a list as root',
    { [DOMAIN]: '- a\n' },
    `${DOMAIN}:1:1: expected a mapping of keys to values, got a list`,
  ],
  [
    'a file name that is not the name inside',
    market('domain: market', 'domain: markets'),
    `${DOMAIN}:1:9 domain: expected "market", the name of the file, got "markets"`,
  ],
  [
    'no streams',
    { [DOMAIN]: 'domain: market\nowner: me\nstreams: {}\n' },
    `${DOMAIN}:3:10 streams: expected at least one stream, got nothing`,
  ],
  [
    'missing and unexpected files',
    {
      'config/platform.yaml': null,
      'config/platfrom.yaml': PLATFORM,
      [DOMAIN]: null,
      'domains/market.yml': MARKET,
    },
    [
      'config/platform.yaml:1:1: expected the file, got nothing; create it',
      'config/platfrom.yaml:1:1: expected config/platform.yaml, config/environments/<name>.yaml, config/categories/<name>.yaml or domains/<name>.yaml, got "config/platfrom.yaml"; did you mean "config/platform.yaml"?',
      'domains:1:1: expected at least one file <name>.yaml, got none',
      'domains/market.yml:1:1: expected config/platform.yaml, config/environments/<name>.yaml, config/categories/<name>.yaml or domains/<name>.yaml, got "domains/market.yml"; did you mean "domains/market.yaml"?',
    ].join('\n'),
  ],
  [
    'an environment name that would make database names ambiguous',
    { 'config/environments/my_env.yaml': 'log_retention: 1d\n' },
    'config/environments/my_env.yaml:1:1: expected an environment name of at most 12 lower-case letters and digits, got "my_env"',
  ],
  [
    'settings out of range',
    {
      'config/platform.yaml': PLATFORM.replace('30d', '31d')
        .replace('10GB', '1MB')
        .replace('shards: 1', 'shards: 0')
        .replace('retain', 'keep'),
    },
    [
      'config/platform.yaml:2:17 removal_policy: expected "retain" or "destroy", got "keep"',
      'config/platform.yaml:3:16 log_retention: expected a duration that CloudWatch Logs knows: 1d, 3d, 5d, 7d, 14d, 30d, 60d, 90d, 120d, 150d, 180d, 365d, 400d, 545d, 731d, 1096d, 1827d, 2192d, 2557d, 2922d, 3288d, 3653d, got "31d"',
      'config/platform.yaml:4:19 query_scan_limit: expected a size such as 120B, 512MB or 10GB, at least 10MB, got "1MB"',
      'config/platform.yaml:5:19 stream.shards: expected at least 1, got 0',
    ].join('\n'),
  ],
  [
    'alarms that reach nobody',
    {
      'config/platform.yaml': PLATFORM.replace(
        'email: [], iterator_age: 15m',
        'email: [data@example.com, data.example.com], iterator_age: 90500ms',
      ),
      'config/environments/prod.yaml': 'alarms: { pager: 7 }\n',
    },
    [
      'config/environments/prod.yaml:1:11 alarms.pager: expected "email" or "iterator_age", got "pager"',
      'config/platform.yaml:16:37 alarms.email[1]: expected an e-mail address such as data@example.com, got "data.example.com"',
      'config/platform.yaml:16:70 alarms.iterator_age: expected whole seconds, for instance 30s, got "90500ms"',
    ].join('\n'),
  ],
  [
    'an alarm that comes too late to save what the stream holds',
    {
      'config/environments/prod.yaml': 'alarms: { iterator_age: 42h }\n',
      'config/environments/local.yaml':
        'stream: { retention: 24h }\nwriter: { max_record_age: 1h }\nalarms: { iterator_age: 359m }\n',
    },
    'config/environments/prod.yaml:1:25 alarms.iterator_age: expected iterator_age below a quarter of the retention of the stream in environment "prod" (42h), got 42h; the alarm would leave too little time before events are lost',
  ],
  [
    'an environment that is not in use',
    {
      'config/environments/prod.yaml':
        'stream: { retention: 24h }\naccount: 123456789012\nregion: europe\ndefaults: { partition: {} }\n',
    },
    [
      'config/environments/prod.yaml:1:22 stream.retention: expected max_record_age below the retention of the stream in environment "prod" (24h), got 144h; records would expire before they reach the dead letters',
      'config/environments/prod.yaml:2:10 account: expected 12 digits in quotes, got 123456789012',
      'config/environments/prod.yaml:3:9 region: expected a region such as eu-central-1, got "europe"',
      'config/environments/prod.yaml:4:13 defaults.partition: expected one of "buffer", "topics", "watermark", "rate", "dedupe", "retention", got "partition"',
    ].join('\n'),
  ],
  [
    'a category with mistakes of its own',
    {
      'config/categories/market.tick.yaml': TICK.replace(
        'event_time: timestamp',
        'event_time: timestmp',
      ),
    },
    'config/categories/market.tick.yaml:3:13 event_time: expected one of "source_system", "symbol", "timestamp", "price", "size", got "timestmp"; did you mean "timestamp"?',
  ],
];

describe('messages of parseProject', () => {
  it.each(CASES)('tells %s', (_mistake, changes, expected) => {
    expect(issuesOf(changes)).toBe(expected);
  });

  it('tells an unknown environment', () => {
    expect(issuesOf({}, { environment: 'prd' })).toBe(
      'config/environments/prd.yaml:1:1: no such environment: expected "local" or "prod", got "prd"; did you mean "prod"?',
    );
  });

  it('tells what the expression and generator checks find', () => {
    const checks = {
      checkExpression: (text: string, _fields: unknown, target: { readonly expect: string }) =>
        `expected ${target.expect}, got "${text}"`,
      checkGenerator: (text: string) => `expected another generator, got "${text}"`,
    };
    const changes = withLines('generate: { price: "walk(1, 2)" }');
    expect(issuesOf(changes, checks)).toBe(
      [
        `${DOMAIN}:7:24 streams.trade.generate.price: expected another generator, got "walk(1, 2)"`,
        `${DOMAIN}:18:17 streams.trade.quality[0].rule: expected boolean, got "price > 0"`,
        `${DOMAIN}:20:15 streams.trade.mapping.symbol: expected any, got "upper(symbol)"`,
      ].join('\n'),
    );
  });

  it('tells the mistakes of all files at once, in the order of files and lines', () => {
    const text = issuesOf({
      'config/platform.yaml': PLATFORM.replace('30d', 'soon'),
      'config/environments/prod.yaml': 'log_retention: 4d\n',
      'config/categories/market.tick.yaml': TICK.replace('price: double', 'price: doble'),
      [DOMAIN]: MARKET.replace('key: symbol', 'key: symbl').replace('category:', 'categori:'),
    });
    expect(text.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'config/categories/market.tick.yaml:8:10',
      'config/environments/prod.yaml:1:16',
      'config/platform.yaml:3:16',
      'domains/market.yaml:5:5',
      'domains/market.yaml:6:10',
    ]);
  });
});
