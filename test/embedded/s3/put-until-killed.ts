import { openS3Service } from '#embedded/s3/s3-service.ts';

/**
 * Child process of the kill test: writes objects as fast as it can and prints each key after the write
 * was acknowledged. Every tenth write replaces `hot`, so that removals are in flight as well.
 */
const [, , stateDir = '', prefix = ''] = process.argv;
const s3 = openS3Service({ stateDir });
s3.ensureBucket({ name: 'kill-bucket', versioned: false });
for (let number = 0; ; number += 1) {
  const key = number % 10 === 0 ? 'hot' : `${prefix}/${number}`;
  await s3.putObject('kill-bucket', key, { body: Buffer.from(`${key}:`.repeat(400)) });
  process.stdout.write(`${key}\n`);
}
