/**
 * `npm run demo`: starts the hub and six agency systems as processes of their own, and plays the story of Elvis between
 * them over HTTP. Exit code 0 only if every expectation held. docs/demo.md tells what to look at.
 */
import { startHub } from './demo/hub.ts'
import { tell } from './demo/narrator.ts'
import { createPrinter } from './demo/print.ts'

const began = Date.now()
const print = createPrinter((line) => console.log(line), process.stdout.isTTY === true)
print.line('No Wrong Door: Elvis and six agencies that talk to each other through the hub only.')
const hub = await startHub()
print.line(`The hub listens at ${hub.url}; each agency is a process with a listener of its own.`)
let good = false
try {
  good = await tell({ hub: hub.url, print })
} finally {
  await hub.stop()
}
print.line(`${((Date.now() - began) / 1000).toFixed(1)} s`)
process.exitCode = good ? 0 : 1
