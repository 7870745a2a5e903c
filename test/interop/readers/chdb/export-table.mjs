// Runs where chdb is installed: reads an Iceberg table with ClickHouse's own reader and writes what it read to Parquet.
// Usage: node export-table.mjs <folder that holds the table> <table folder> <file> [<column to leave out>...]
import { query } from 'chdb';

const [warehouse, table, file, ...except] = process.argv.slice(2);
// ClickHouse reads and writes local files below the working directory only.
process.chdir(warehouse);
const left =
  except.length === 0 ? '' : `EXCEPT (${except.map((name) => `\`${name}\``).join(', ')})`;
query(`INSERT INTO FUNCTION file('${file}', 'Parquet') SELECT * ${left} FROM icebergLocal('${table}')
       SETTINGS output_format_parquet_string_as_string = 0, engine_file_truncate_on_insert = 1`);
