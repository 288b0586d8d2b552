/**
 * What `GET /` answers when no function does. The page lists the app's functions, which it asks the admin API for; with
 * keys switched on it says so instead.
 */
export const landingPage = `<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Your Azure Function App is up and running.</title>
    <style>
        :root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #0a6cbd; }
        * { box-sizing: border-box; }
        body { font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; margin: 0 auto; max-width: 60rem; padding: 3rem 1.25rem; }
        h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
        p { margin: .25rem 0 1rem; }
        a { color: var(--accent); }
        code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--soft); border-radius: .3rem; padding: .1rem .3rem; }
        table { border-collapse: collapse; margin-top: 1.5rem; width: 100%; }
        th, td { border-bottom: 1px solid var(--line); padding: .5rem .75rem .5rem 0; text-align: left; vertical-align: top; }
        th { font-weight: 600; }
        td.methods { white-space: nowrap; }
        tr.disabled { opacity: .55; }
        footer { border-top: 1px solid var(--line); font-size: .9rem; margin-top: 2.5rem; padding-top: 1rem; }
    </style>
</head>
<body>
    <h1>Your Function App is up and running</h1>
    <p>The local host runs it on this machine. State: <code id="state">asking …</code></p>
    <table hidden>
        <thead><tr><th>Function</th><th>Methods</th><th>Started by</th></tr></thead>
        <tbody></tbody>
    </table>
    <footer>
        More under <code>/admin/host/status</code> and <code>/admin/functions</code>. A function that HTTP does not start runs with
        <code>POST /admin/functions/{name}</code> and the body <code>{"input": "text"}</code> (Content-Type: application/json).
        Set <code>AzureWebJobsDisableHomepage</code> to <code>true</code> to answer 204 here.
    </footer>
    <script>
        const cell = (row, text, className) => {
            const td = row.insertCell();
            td.className = className || '';
            td.textContent = text;
            return td;
        };
        const show = (list) => {
            const table = document.querySelector('table');
            for (const fn of list) {
                const row = table.tBodies[0].insertRow();
                if (fn.isDisabled) row.className = 'disabled';
                const trigger = fn.config.bindings.find((binding) => /trigger$/i.test(binding.type)) || {};
                cell(row, fn.isDisabled ? fn.name + ' (disabled)' : fn.name);
                cell(row, (trigger.methods || []).join(', '), 'methods');
                const how = cell(row, fn.invoke_url_template ? '' : trigger.type || '');
                if (fn.invoke_url_template) {
                    const link = how.appendChild(document.createElement('a'));
                    link.href = fn.invoke_url_template;
                    link.textContent = new URL(fn.invoke_url_template).pathname.replaceAll('%7B', '{').replaceAll('%7D', '}');
                }
            }
            table.hidden = list.length === 0;
        };
        const ask = async (path) => {
            const answer = await fetch(path);
            if (!answer.ok) throw new Error(answer.status === 401 ? 'keys are on, so functions are not listed here' : 'answers ' + answer.status);
            return answer.json();
        };
        const state = document.getElementById('state');
        ask('/admin/host/status')
            .then((status) => { state.textContent = status.state; return ask('/admin/functions'); })
            .then(show)
            .catch((error) => { state.textContent = error.message; });
    </script>
</body>
</html>
`;
