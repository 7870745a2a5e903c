import { describeExpressions, describeFailures } from '../run-sql.ts';

const DOCUMENT = `'{"a": {"b": [1, 2.50, "x", null, true]}, "c d": 1e3, "id": 12345678901234567890}'`;

describeExpressions('JSON functions', {
  // Numbers keep their text; a double would lose digits.
  [`json_extract_scalar(${DOCUMENT}, '$.a.b[1]')`]: '2.50',
  [`json_extract_scalar(${DOCUMENT}, '$.id')`]: '12345678901234567890',
  [`json_extract_scalar(${DOCUMENT}, '$["c d"]')`]: '1e3',
  [`json_extract_scalar(${DOCUMENT}, '$.a.b[2]')`]: 'x',
  [`json_extract_scalar(${DOCUMENT}, '$.a.b[3]')`]: null,
  [`json_extract_scalar(${DOCUMENT}, '$.a.b[4]')`]: 'true',
  [`json_extract_scalar(${DOCUMENT}, '$.a')`]: null,
  [`json_extract_scalar(${DOCUMENT}, '$.nope')`]: null,
  "json_extract_scalar('not json', '$.a')": null,
  "json_extract_scalar('{\"__proto__\": 1}', '$.constructor')": null,
  [`json_extract(${DOCUMENT}, '$.a')`]: '{"b":[1,2.5,"x",null,true]}',
  [`json_size(${DOCUMENT}, '$.a.b')`]: '5',
  [`json_size(${DOCUMENT}, '$.id')`]: '0',
  "json_array_length('[1, [2, 3]]')": '2',
  "json_array_length('{}')": null,
  'json_format(json_parse(\'{"b": 1, "a": [true, null]}\'))': '{"a":[true,null],"b":1}',
  'json_format(json \'{"a": "é"}\')': '{"a":"é"}',
  "json_extract_scalar(json_parse('{\"a\": 1}'), '$.a')": '1',
});

describeFailures('JSON functions fail', {
  "json_parse('not json')": "INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: 'not json'",
  "json_extract('{}', 'a.b')": "Invalid JSON path: 'a.b'",
  "json_extract('{}', '$..a')": "Invalid JSON path: '$..a'",
  "json_extract('{}', '$.*')": 'Invalid JSON path',
  "json_extract('{}', concat('$.', 'a'))": 'as a string literal only',
  "json_extract_scalar(1, '$.a')": 'Unexpected parameters (integer, varchar(3))',
});
