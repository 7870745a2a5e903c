import { main } from '#cli/main.ts';

const streams = { stdout: process.stdout, stderr: process.stderr, now: () => performance.now() };
process.exitCode = await main(process.argv.slice(2), streams);
