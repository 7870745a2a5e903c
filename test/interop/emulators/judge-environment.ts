/** The runner tells the suites by environment variables what it started and installed. */

/** MinIO checks signatures; the other judges take any key. */
export const MINIO_KEY = { accessKeyId: 'sluice', secretAccessKey: 'sluice-local' };

export function endpointVariable(judge: string): string {
  return `SLUICE_JUDGE_${upperName(judge)}`;
}

export function folderVariable(judge: string): string {
  return `SLUICE_JUDGE_FOLDER_${upperName(judge)}`;
}

function upperName(judge: string): string {
  return judge.replaceAll('-', '_').toUpperCase();
}
