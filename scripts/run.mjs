/**
 * Runs one task of the project: `node scripts/run.mjs <task> [arguments]`, which is what `npm start`, `npm test`, ... do.
 * It first installs missing dependencies, so that a fresh clone needs only Node. Plain JavaScript and dynamic imports, so
 * that an old Node can run it far enough to report its version.
 */
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `No Wrong Door needs Node 20.19 or newer, and this is Node \`${process.versions.node}\`: install a newer one from https://nodejs.org.`,
  )
  process.exit(1)
}

const { runTask } = await import('./tasks.mjs')
await runTask(process.argv[2], process.argv.slice(3))
