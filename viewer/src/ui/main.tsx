// In: the document. Out: the running page.
import { render } from 'preact'
import { startLive } from './api.ts'
import { App } from './app.tsx'
import { startRouter } from './router.ts'
import './style.css'

startRouter()
startLive()
render(<App />, document.getElementById('app')!)
