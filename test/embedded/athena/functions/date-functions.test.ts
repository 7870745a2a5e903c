import { describeExpressions, describeFailures } from '../run-sql.ts';

describeExpressions('date and time', {
  // Every now() of a query is its start.
  current_date: '2026-01-31',
  current_timestamp: '2026-01-31 10:20:30.456 UTC',
  'now() = current_timestamp': 'true',
  localtimestamp: '2026-01-31 10:20:30.456',
  "date('2026-01-31')": '2026-01-31',
  "date(timestamp '2026-01-31 23:00:00')": '2026-01-31',
  'typeof(now())': 'timestamp(3) with time zone',
  "typeof(timestamp '2026-01-01 00:00:00.123456')": 'timestamp(6)',
  // Complete units, not boundaries crossed.
  "date_diff('day', timestamp '2026-01-01 23:00:00', timestamp '2026-01-02 01:00:00')": '0',
  "date_diff('day', date '2026-01-01', date '2026-03-01')": '59',
  "date_diff('month', date '2026-01-31', date '2026-02-28')": '1',
  "date_diff('month', date '2026-01-15', date '2026-02-14')": '0',
  "date_diff('year', date '2024-02-29', date '2025-02-28')": '1',
  "date_diff('week', date '2026-01-01', date '2026-01-14')": '1',
  "date_diff('quarter', date '2026-01-01', date '2026-12-31')": '3',
  "date_diff('hour', timestamp '2026-01-01 00:00:00', timestamp '2026-01-01 05:59:59')": '5',
  "date_diff('second', timestamp '2026-01-01 00:00:01', timestamp '2026-01-01 00:00:00')": '-1',
  "date_diff('millisecond', timestamp '2026-01-01 00:00:00', timestamp '2026-01-01 00:00:01.5')":
    '1500',
  "date_add('day', -7, timestamp '2026-01-08 10:00:00')": '2026-01-01 10:00:00',
  "date_add('month', 1, date '2026-01-31')": '2026-02-28',
  "date_add('quarter', 1, date '2026-01-31')": '2026-04-30',
  "date_add('hour', 2, timestamp '2026-01-01 23:30:00')": '2026-01-02 01:30:00',
  "date_add('millisecond', 5, timestamp '2026-01-01 00:00:00')": '2026-01-01 00:00:00.005',
  "date_trunc('week', date '2026-01-04')": '2025-12-29',
  "date_trunc('hour', timestamp '2026-01-01 10:11:12.345')": '2026-01-01 10:00:00.000',
  "date_trunc('quarter', date '2026-05-15')": '2026-04-01',
  "date_trunc('day', timestamp '2026-07-15 02:00:00 America/New_York')":
    '2026-07-15 00:00:00 America/New_York',
  "year(date '2024-02-29')": '2024',
  "quarter(date '2026-05-01')": '2',
  "month(timestamp '2026-05-01 00:00:00')": '5',
  "week(date '2021-01-01')": '53',
  "week_of_year(date '2026-01-05')": '2',
  "year_of_week(date '2021-01-01')": '2020',
  "yow(date '2021-01-01')": '2020',
  "day(date '2026-01-31')": '31',
  "day_of_month(date '2026-01-31')": '31',
  "day_of_week(date '2026-01-04')": '7',
  "dow(date '2026-01-05')": '1',
  "day_of_year(date '2024-12-31')": '366',
  "doy(date '2026-01-01')": '1',
  "hour(timestamp '2026-01-01 10:11:12')": '10',
  "hour(timestamp '2026-07-01 12:00:00 America/New_York')": '12',
  "minute(timestamp '2026-01-01 10:11:12')": '11',
  "second(timestamp '2026-01-01 10:11:12.9')": '12',
  "millisecond(timestamp '2026-01-01 10:11:12.345')": '345',
  "EXTRACT(day_of_week FROM date '2026-01-04')": '7',
  "EXTRACT(year FROM timestamp '2026-01-01 00:00:00')": '2026',
  "last_day_of_month(date '2024-02-10')": '2024-02-29',
  "date '2026-03-01' - interval '1' day": '2026-02-28',
  "date '2026-01-31' + interval '1' month": '2026-02-28',
  "timestamp '2026-01-01 00:00:00' + interval '1' hour": '2026-01-01 01:00:00.000',
  "date '2026-03-01' - date '2026-01-01'": '59 00:00:00.000',
  "timestamp '2026-01-02 00:00:00' - timestamp '2026-01-01 12:00:00'": '0 12:00:00.000',
  "interval '1' day + interval '2' hour": '1 02:00:00.000',
  "interval '3' second * 2": '0 00:00:06.000',
  "interval '1-2' year to month": '1-2',
  "-interval '90' minute": '-0 01:30:00.000',
  "date '2026-01-01' < timestamp '2026-01-01 00:00:01'": 'true',
  "timestamp '2026-07-01 12:00:00 America/New_York' = timestamp '2026-07-01 16:00:00 UTC'": 'true',
});

describeExpressions('conversion and time zones', {
  'from_unixtime(1767225600.5)': '2026-01-01 00:00:00.500 UTC',
  "to_unixtime(timestamp '2026-01-01 00:00:00.5')": '1.7672256005E9',
  "from_iso8601_date('2026-01-31')": '2026-01-31',
  "from_iso8601_timestamp('2026-01-31T10:00:00.123Z')": '2026-01-31 10:00:00.123 UTC',
  "from_iso8601_timestamp('2026-01-31T10:00')": '2026-01-31 10:00:00.000 UTC',
  "to_iso8601(date '2026-01-31')": '2026-01-31',
  "to_iso8601(timestamp '2026-01-31 10:00:00.500')": '2026-01-31T10:00:00.500',
  'to_iso8601(now())': '2026-01-31T10:20:30.456Z',
  "timestamp '2026-07-01 12:00:00 UTC' AT TIME ZONE 'America/New_York'":
    '2026-07-01 08:00:00 America/New_York',
  "at_timezone(timestamp '2026-01-01 12:00:00 UTC', 'America/New_York')":
    '2026-01-01 07:00:00 America/New_York',
  "with_timezone(timestamp '2026-01-01 12:00:00', 'Europe/Berlin')":
    '2026-01-01 12:00:00 Europe/Berlin',
  "CAST(with_timezone(timestamp '2026-01-01 12:00:00', 'Europe/Berlin') AT TIME ZONE 'UTC' AS timestamp)":
    '2026-01-01 11:00:00.000',
  "timestamp '2026-01-01 12:00:00 +02:00' AT TIME ZONE 'UTC'": '2026-01-01 10:00:00 UTC',
  "date_format(timestamp '2026-01-05 03:04:05.678', '%Y-%m-%d %H:%i:%s.%f')":
    '2026-01-05 03:04:05.678000',
  "date_format(timestamp '2026-01-05 15:04:05', '%e.%c.%y %l:%i %p %a %b %j %%')":
    '5.1.26 3:04 PM Mon Jan 005 %',
  "date_format(date '2026-01-05', '%W %M %T')": 'Monday January 00:00:00',
  "date_parse('2026-01-05 03:04:05', '%Y-%m-%d %H:%i:%s')": '2026-01-05 03:04:05.000',
  "date_parse('05/Jan/2026', '%d/%b/%Y')": '2026-01-05 00:00:00.000',
  "format_datetime(timestamp '2026-01-05 03:04:05.678', 'yyyy-MM-dd''T''HH:mm:ss.SSS')":
    '2026-01-05T03:04:05.678',
  "parse_datetime('2026-01-05 03', 'yyyy-MM-dd HH')": '2026-01-05 03:00:00.000 UTC',
});

describeFailures('date and time functions refuse', {
  "date_diff('fortnight', date '2026-01-01', date '2026-01-02')":
    "INVALID_FUNCTION_ARGUMENT: line 1:8: 'fortnight' is not a valid DATE field",
  "date_trunc('hour', date '2026-01-01')": "'hour' is not a valid DATE field",
  "date_trunc(x, date '2026-01-01') FROM (VALUES 'day') t(x)": 'as a string literal only',
  "date_parse('x', '%Y')": 'INVALID_FUNCTION_ARGUMENT: Invalid format: "x"',
  "date_format(now(), '%U')": '%U not supported in date format string',
  "from_iso8601_timestamp('2026-01-31T10:00:00+02:00')":
    'NOT_SUPPORTED: the local query engine reads ISO timestamps in UTC only',
  "from_iso8601_date('2026-W05')": 'Invalid format',
  "at_timezone(now(), 'CET')": "'CET' is not a valid time zone",
  "date '2026-01-01' + interval '1' hour": 'Cannot add hour, minutes or seconds to a date',
  "date '2026-01-01' > '2026-01-01'": 'Cannot apply operator: date > varchar(10)',
  "hour(date '2026-01-01')": 'Unexpected parameters (date) for function hour',
  'EXTRACT(epoch FROM now())': 'Invalid EXTRACT field: epoch',
  "CASE WHEN true THEN now() ELSE now() AT TIME ZONE 'Europe/Berlin' END": 'different time zones',
  "time '10:00:00'": 'NOT_SUPPORTED',
});
