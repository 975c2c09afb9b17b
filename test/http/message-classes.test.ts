/** Requests and responses are made with the prototypes that Express gives them, so that none changes afterwards. */
import assert from 'node:assert/strict'
import express from 'express'
import { messageClasses } from '../../server/http/message-classes.ts'
import { listen, type Listening } from '../../server/http/server.ts'

describe('http / message classes', () => {
  let listening: Listening | undefined
  afterEach(() => listening?.stop(0))

  /** How many of request and response have Express's prototype before Express sees them, as Express then answers. */
  const answerOf = async (app: express.Express, withClasses: boolean): Promise<unknown> => {
    let ready = 0
    app.use((request, response) => void response.status(200).json({ path: request.path, ready }))
    const classes = messageClasses(app)
    const listener: Parameters<typeof listen>[0] = (request, response) => {
      if (Object.getPrototypeOf(request) === app.request) ready += 1
      if (Object.getPrototypeOf(response) === app.response) ready += 1
      app(request, response)
    }
    listening = await listen(withClasses ? Object.assign(listener, classes) : listener, { host: '127.0.0.1', port: 0 })
    return (await fetch(`http://127.0.0.1:${listening.port}/a?b=c`)).json()
  }

  it('have the prototypes of Express before it sees them, and its methods', async () => {
    assert.deepEqual(await answerOf(express(), true), { path: '/a', ready: 2 })
  })

  it('are not needed: those of any other server are given the prototypes by Express', async () => {
    assert.deepEqual(await answerOf(express(), false), { path: '/a', ready: 0 })
  })
})
