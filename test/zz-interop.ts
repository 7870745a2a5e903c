import { mkdtempSync, writeFileSync } from 'node:fs';
import { FsObjectStore } from '#adapters/fs/fs-object-store.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { commitTable } from '#app/commit-table.ts';
import { loadTable } from '#app/load-table.ts';
import { checkTable } from '#core/iceberg/check/check-table.ts';
import { currentSchema, defaultPartitionSpec, serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { evolveSchema } from '#core/iceberg/transaction/evolve-schema.ts';
import { partitionKey, partitionTupleOf } from '#core/iceberg/transform/partition-tuple.ts';
import { partitionPath } from '#core/iceberg/transform/partition-path.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import { fixedClock, seededRandom } from '#test/core/iceberg/fixed-world.ts';
const dir = mkdtempSync('/tmp/icetab-');
const store = new FsObjectStore(); const catalog = new MemoryTableCatalog(); const random = seededRandom(3);
const deps = { store, catalog, clock: fixedClock(), random };
const f = (id: number, name: string, type: any, required = false) => ({ id, name, required, type });
const schema = { type: 'struct' as const, 'schema-id': 0, fields: [f(1,'id','long',true), f(2,'ts','timestamp',true), f(3,'symbol','string'), f(4,'price','double'), f(5,'amount','decimal(12, 2)'), f(6,'size','int'), f(7,'day','date'), f(8,'flag','boolean'), f(9,'raw','binary'), f(10,'small','float')] };
const P = (s: number, i: number, name: string, transform: string) => ({ 'source-id': s, 'field-id': 1000 + i, name, transform });
const spec = { 'spec-id': 0, fields: [P(2,0,'ts_hour','hour'), P(3,1,'sym b.ucket','bucket[3]'), P(5,2,'amount_trunc','truncate[1000]'), P(7,3,'day_month','month'), P(8,4,'flag','identity'), P(5,5,'amount_id','identity'), P(3,6,'sym_tr','truncate[1]'), P(7,7,'d_y','year'), P(2,8,'ts_d','day'), P(6,9,'size_b','bucket[2]')].filter((_, i) => process.argv[2] === 'wide' || i < 2) };
const location = `file://${dir}`;
let md = createTableMetadata({ location, tableUuid: '9c12d441-03fe-4693-9a96-a0705ddf69c1', schema, partitionSpec: spec, properties: { 'commit.manifest.min-count-to-merge': '5' }, nowMs: Date.now() });
const first = `${location}/metadata/00000-a.metadata.json`;
await store.put(first, Buffer.from(serializeTableMetadata(md))); const ident = { database: 'd', table: 't' }; catalog.create(ident, first);
const all: any[] = [];
let n = 0;
for (let c = 0; c < 8; c++) {
  const rows = Array.from({ length: 40 }, () => { n++; return { id: BigInt(n) * 9007199254740n, ts: BigInt(Math.floor((random.next() - 0.3) * 3e5)) * 1000000n * 3600n / 24n, symbol: random.next() < .1 ? null : ['ACME', 'Zürich', '😀😀', 'B'][n % 4]!, price: random.next() < .1 ? null : random.next() * 100 - 50, amount: random.next() < .1 ? null : BigInt(Math.floor(random.next() * 1e6) - 5e5), size: n, day: Math.floor(random.next() * 400) - 200, flag: n % 3 === 0 ? null : n % 2 === 0, raw: Uint8Array.of(n % 256, 255), small: n / 2 }; });
  const evolve = (m: any) => c < 5 ? m : c === 5 && m.schemas.length === 1 ? evolveSchema(m, [{ kind: 'add-column', path: ['venue'], type: 'string' }, { kind: 'widen-column', path: ['size'], type: 'long' }, { kind: 'rename-column', path: ['price'], newName: 'px' }]) : m;
  const base = evolve((await loadTable(deps, ident)).metadata);
  const s = currentSchema(base), sp = defaultPartitionSpec(base);
  const named = rows.map((r: any) => c < 5 ? r : { ...Object.fromEntries(Object.entries(r).map(([k, v]) => [k === 'price' ? 'px' : k, v])), size: BigInt(r.size), venue: 'V' + c });
  const tupleOf = partitionTupleOf(sp, s);
  const files = [];
  for (const group of Map.groupBy(named, (r: any) => partitionKey(tupleOf(r))).values()) {
    const tuple = tupleOf(group[0]);
    const { bytes, metrics } = writeParquet(s.fields.map((field) => ({ field, values: group.map((r: any) => r[field.name] ?? null) })), { icebergSchemaJson: JSON.stringify(s) });
    const filePath = `${location}/data/${partitionPath(sp, s, tuple)}/${c}-${files.length}.parquet`;
    await store.put(filePath, bytes, { ifNoneMatch: '*' });
    files.push({ filePath, partition: tuple, ...metrics });
  }
  await commitTable(deps, ident, { build: async () => ({ addFiles: files, summary: { 'sluice.sources': '{}' }, evolveSchema: evolve }) });
  all.push(...rows);
}
const t = await loadTable(deps, ident);
const problems = await checkTable({ read: (u) => store.get(u), head: (u) => store.head(u) }, t.metadata);
writeFileSync('/tmp/interop.json', JSON.stringify({ location: t.pointer.metadataLocation, rows: all.map((r) => ({ id: String(r.id), ts: String(r.ts), symbol: r.symbol, px: r.price, amount: r.amount === null ? null : String(r.amount), size: r.size, day: r.day, flag: r.flag })) }));
console.log(t.pointer.metadataLocation, 'problems', problems.slice(0, 5), problems.length);
