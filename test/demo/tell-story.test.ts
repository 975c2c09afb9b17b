/** The second story of the demo: told to its end, or to the line that does not hold. */
import assert from 'node:assert/strict'
import { createPrinter } from '../../scripts/demo/print.ts'
import { storyOf, tellStory } from '../../scripts/demo/tell-story.ts'
import { readStory } from '../../scripts/stories/read-story.ts'

describe('a story in the demo', function () {
  this.timeout(60_000)
  let lines: string[]
  beforeEach(() => void (lines = []))
  const print = createPrinter((line) => lines.push(line), false)
  const printed = () => lines.join('\n')

  it('is told to its end, with every request, its status, and the time that passes', async () => {
    assert.ok(await tellStory(storyOf('dawn-lost-and-found'), print), printed())
    assert.match(printed(), /^2029: she comes to human services/m)
    assert.match(printed(), /^ {2}dhs {5}POST Patient\/\$match +200/m)
    assert.match(printed(), /^ {2}\.\.\. 3 years later$/m)
    assert.match(printed(), /^\d+ expectations held, 0 failed$/m)
  })

  it('ends at the line that does not hold, and says which', async () => {
    const text = ['# A', '', '## B', '', '    es get Patient', '      answer 200', '      sees total = 7', '## C'].join(
      '\n',
    )
    assert.equal(await tellStory(readStory(text), print), false)
    assert.match(printed(), /failed: line 5: total = 7 is not true of/)
    assert.doesNotMatch(printed(), /^C$/m)
  })
})
