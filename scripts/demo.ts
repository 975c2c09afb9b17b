/**
 * `npm run demo`: starts the hub and six agency systems as processes of their own, and runs the story of Elvis between
 * them over HTTP; then tells the story of Dawn, who is lost and found again. Exit code 0 only if every expectation held.
 * docs/demo.md describes what to look at.
 * `npm run demo -- --record <folder>` also writes the requests of the story as .http files.
 */
import { startHub } from './demo/hub.ts'
import { runStory } from './demo/run-story.ts'
import { createPrinter } from './demo/print.ts'
import { createRecorder } from './demo/record.ts'
import { storyOf, tellStory } from './demo/tell-story.ts'

const began = Date.now()
const print = createPrinter((line) => console.log(line), process.stdout.isTTY === true)
print.line('No Wrong Door: Elvis and six agencies that exchange records only through the hub.')
const folder = process.argv[2] === '--record' ? process.argv[3] : undefined
const recorder = createRecorder()
const hub = await startHub()
print.line(`The hub listens at ${hub.url}; each agency is a process with its own endpoint.`)
let good = false
try {
  good = await runStory({ hub: hub.url, print, record: recorder.record })
  if (good && folder) await recorder.save(folder)
} catch (fault) {
  print.bad(fault instanceof Error ? fault.message : String(fault))
} finally {
  const code = await hub.stop()
  if (code !== 0) print.bad(`The hub ended with ${code}, not 0.`)
  good &&= code === 0
}
const dawn = storyOf('dawn-lost-and-found')
print.line(`\nNobody falls through: ${dawn.title}. Another hub, whose clock the demo moves.`)
good = (await tellStory(dawn, print)) && good
print.line(`${((Date.now() - began) / 1000).toFixed(1)} s`)
process.exitCode = good ? 0 : 1
