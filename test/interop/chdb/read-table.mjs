// Runs where chdb is installed: reads an Iceberg table with ClickHouse's own reader and prints counts and a checksum.
// Usage: node read-table.mjs <folder that holds the table> <table folder>
import { query } from 'chdb';

const [warehouse, table] = process.argv.slice(2);
// ClickHouse reads local files below the working directory only.
process.chdir(warehouse);
const columns = ['_event_id', 'symbol', 'price', '_sequence', '_sub_sequence'];
// The same text is hashed by both engines; sums of 32-bit prefixes do not depend on the order of rows.
const line = `concat(_event_id, '|', symbol, '|', toString(toInt64(round(price * 1000000))), '|', _sequence, '|', toString(_sub_sequence))`;
const statement = `
  SELECT count() AS rows, uniqExact(_event_id) AS distinct_events, sum(_late) AS late,
         sum(reinterpretAsUInt32(reverse(unhex(substring(lower(hex(MD5(${line}))), 1, 8))))) AS checksum
  FROM icebergLocal('${table}')`;
const answer = JSON.parse(query(statement, 'JSONEachRow').trim());
process.stdout.write(`${JSON.stringify({ ...answer, columns })}\n`);
