/** `npm run build`: what scripts/run.mjs has done by the time this runs. */
console.log('dist/ is up to date.');
