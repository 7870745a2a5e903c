import { startLocalCloud } from '#embedded/start-tmp.ts';
const cloud = await startLocalCloud({ assemblyDir: '/tmp/asm', stateDir: '/tmp/st/services', logDir: '/tmp/st/logs', cloudFile: '/tmp/st/cloud.json', port: 4599 });
setTimeout(() => cloud.close(), 45000);
