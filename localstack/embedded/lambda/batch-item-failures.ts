/** `batchItemFailures` of a function's answer; null when the answer has another form. Source: AWS Lambda, "ReportBatchItemFailures". */
export function readBatchItemFailures(payload: Buffer): readonly unknown[] | null {
  if (payload.length === 0) return [];
  let answer: unknown;
  try {
    answer = JSON.parse(payload.toString('utf8'));
  } catch {
    return null;
  }
  if (answer === null || answer === '') return [];
  if (typeof answer !== 'object' || Array.isArray(answer)) return null;
  const { batchItemFailures } = answer as Record<string, unknown>;
  if (batchItemFailures === undefined || batchItemFailures === null) return [];
  return Array.isArray(batchItemFailures) ? batchItemFailures : null;
}
