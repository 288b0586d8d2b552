/** What `GET /` answers when no function does. */
export const landingPage = `<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <title>Your Azure Function App is up and running.</title>
    <style>body { font: 16px/1.5 system-ui, sans-serif; margin: 12vh auto; max-width: 40rem; padding: 0 1rem }</style>
</head>
<body>
    <h1>Your Function App is up and running</h1>
    <p>It runs on the local host. The functions and their addresses are in the host's log and under <code>/admin/functions</code>.</p>
</body>
</html>
`;
