// Runs where chdb is installed: reads an Iceberg table with ClickHouse's own reader and prints what it finds as texts.
// Usage: node read-table.mjs <folder that holds the table> <table folder>
import { query } from 'chdb';

const [warehouse, table] = process.argv.slice(2);
// ClickHouse reads local files below the working directory only.
process.chdir(warehouse);
const statement = `
  SELECT toString(count()), toString(uniqExact(_event_id)), toString(countIf(_late)),
         toString(sum((toInt64(floor(price * 1000000)) % 1000003) * (lengthUTF8(_event_id) + _sub_sequence % 97))),
         min(_event_id), max(_event_id), max(_sequence), toString(min(timestamp)), toString(max(timestamp))
  FROM icebergLocal('${table}')`;
process.stdout.write(query(statement, 'JSONCompactEachRow').trim());
