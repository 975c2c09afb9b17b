/** Every kind of expectation of a story can fail, and names its line. */
import assert from 'node:assert/strict'
import { play, type Stage, type StoryMessage } from '../../scripts/stories/play-story.ts'
import { readStory } from '../../scripts/stories/read-story.ts'

const BODY = { resourceType: 'Patient', id: 'a', meta: { versionId: '4' }, name: [{ family: 'Lopez' }], active: true }

describe('playing a story', () => {
  let sent: StoryMessage[]
  let stage: Stage
  beforeEach(() => {
    sent = []
    stage = {
      send: (message) => {
        sent.push(message)
        return Promise.resolve({ status: 200, body: BODY, text: JSON.stringify(BODY) })
      },
      moveTo: () => Promise.resolve(),
      now: () => 0,
      remembered: new Map([['ana', 'a']]),
      exchanged: [],
    }
  })
  const step = (...lines: readonly string[]) => {
    const text = ['# A story', '', '## A scene', '', ...lines.map((line) => `    ${line}`)].join('\n')
    const [first] = readStory(text).scenes[0]?.steps ?? []
    assert.ok(first)
    return first
  }
  const get = (...lines: readonly string[]) =>
    play(step('es get Patient/{{ana}}', ...['answer 200', ...lines].map((line) => `  ${line}`)), stage)

  it('passes where everything is as expected', async () => {
    await get("sees name.family = 'Lopez'", 'never sees Miller', 'remember version = meta.versionId')
    assert.equal(sent[0]?.path, 'Patient/a')
    assert.equal(stage.remembered.get('version'), '4')
  })

  it('fails at the line of another status, of a sight that is not true, of a hidden word that shows, of nothing to remember', async () => {
    await assert.rejects(play(step('es get Patient/a', '  answer 404'), stage), /line 5/)
    await assert.rejects(get("sees name.family = 'Miller'"), /line 5: name.family = 'Miller' is not true/)
    await assert.rejects(get('sees photo.exists()'), /is not true/)
    await assert.rejects(get('sees photo.url = name.use'), /is not true/)
    await assert.rejects(get('never sees Lopez'), /Lopez is in/)
    await assert.rejects(get('remember photo = photo.url'), /is not one value/)
    await assert.rejects(get('sees id = {{nobody}}'), /nothing has set `nobody`/)
  })

  it('changes the current version, with the elements that are set, or an old one', async () => {
    await play(step('es change Patient/a', '  set active = false', '  set name = nothing', '  answer 200'), stage)
    const { name: _, ...rest } = BODY
    assert.deepEqual(sent[1], {
      agency: 'es',
      method: 'PUT',
      path: 'Patient/a',
      body: { ...rest, active: false },
      headers: { 'If-Match': 'W/"4"' },
    })
    await play(step('es change Patient/a', '  version 2', '  set active = false', '  answer 200'), stage)
    assert.deepEqual([sent[2]?.path, sent[3]?.headers], ['Patient/a/_history/2', { 'If-Match': 'W/"2"' }])
  })

  it('calls operations with typed parameters', async () => {
    await play(
      step(
        'es call Patient/a/$refer',
        '  with service code career-counseling',
        '  with performer reference Organization/abe',
        '  with decision parts rule:code=abe accept:boolean=false reason:string="Not now."',
        '  with resource form person family=Lopez',
        '  answer 200',
      ),
      stage,
    )
    assert.deepEqual((sent[0]?.body as { parameter: unknown }).parameter, [
      { name: 'service', valueCode: 'career-counseling' },
      { name: 'performer', valueReference: { reference: 'Organization/abe' } },
      {
        name: 'decision',
        part: [
          { name: 'rule', valueCode: 'abe' },
          { name: 'accept', valueBoolean: false },
          { name: 'reason', valueString: 'Not now.' },
        ],
      },
      { name: 'resource', resource: { resourceType: 'Patient', name: [{ use: 'official', family: 'Lopez' }] } },
    ])
  })
})
