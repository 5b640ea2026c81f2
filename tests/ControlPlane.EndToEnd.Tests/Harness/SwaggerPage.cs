using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>Swagger UI in a real browser, with the token of the data folder.</summary>
internal sealed class SwaggerPage : IAsyncDisposable
{
    /// <summary>
    /// Chromium ends requests that are under way with this when an interface of the machine comes or goes, as those of other tests' containers do: a person loads the page again.
    /// </summary>
    private const string NetworkChanged = "net::ERR_NETWORK_CHANGED";

    private const int LoadsMax = 20;

    private readonly IPlaywright playwright;
    private readonly IBrowser browser;
    private readonly IPage page;

    private SwaggerPage(IPlaywright playwright, IBrowser browser, IPage page)
    {
        this.playwright = playwright;
        this.browser = browser;
        this.page = page;
    }

    /// <summary>Opens the page, authorizes, and opens a kind's operations.</summary>
    public static async Task<SwaggerPage> OpenAsync(Product product, string kind)
    {
        IPlaywright playwright = await Playwright.CreateAsync();
        IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Headless = true,
            Timeout = 120_000,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
        IPage page = await browser.NewPageAsync(new BrowserNewPageOptions { IgnoreHTTPSErrors = true });
        page.SetDefaultTimeout(120_000);
        SwaggerPage swagger = new(playwright, browser, page);
        await swagger.AuthorizeAsync(product);
        await page.Locator($"h3[data-tag=\"{kind}\"]").ClickAsync();
        return swagger;
    }

    /// <summary>Opens an operation, fills it in, executes it, and returns the answer's body as the page shows it.</summary>
    /// <param name="method">The operation's method, in lower case.</param>
    /// <param name="path">Its path, with its parameters by name.</param>
    /// <param name="parameters">What to fill in.</param>
    /// <param name="body">The body; null for the page's own example, where there is one.</param>
    public async Task<string> TryAsync(string method, string path, IReadOnlyDictionary<string, string> parameters, string? body = null)
    {
        ILocator operation = page.Locator($".opblock-{method}").Filter(new LocatorFilterOptions { Has = page.Locator($"[data-path=\"{path}\"]") });
        if (await operation.Locator(".try-out__btn").CountAsync() == 0)
        {
            await operation.Locator(".opblock-summary-control").First.ClickAsync();
        }

        // Swagger UI may be set up so that an operation can be tried as soon as it is open; the button then says Cancel.
        if ((await operation.Locator(".try-out__btn").InnerTextAsync()).Contains("Try it out", StringComparison.OrdinalIgnoreCase))
        {
            await operation.Locator(".try-out__btn").ClickAsync();
        }

        string asked = path;
        foreach ((string name, string value) in parameters)
        {
            await operation.Locator($"tr[data-param-name=\"{name}\"] input").FillAsync(value);
            asked = asked.Replace($"{{{name}}}", value, StringComparison.Ordinal);
        }

        if (body is not null)
        {
            await operation.Locator("textarea.body-param__text").FillAsync(body);
        }

        Task<IResponse> answer = page.WaitForResponseAsync(response =>
            response.Request.Method.Equals(method, StringComparison.OrdinalIgnoreCase) && new Uri(response.Url).AbsolutePath == asked);
        await operation.Locator("button.execute").ClickAsync();
        IResponse received = await answer;
        Assert.True(received.Ok, $"{method} {path}: {received.Status} {await received.TextAsync()}");
        return await operation.Locator(".live-responses-table .highlight-code, .live-responses-table pre.microlight").First.InnerTextAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }

    private async Task LoadAsync(Product product)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await page.GotoAsync(product.Server + "/swagger/index.html");
                return;
            }
            catch (PlaywrightException error) when (attempt < LoadsMax && error.Message.Contains(NetworkChanged, StringComparison.Ordinal))
            {
            }
        }
    }

    private async Task AuthorizeAsync(Product product)
    {
        ConcurrentQueue<string> troubles = new();
        SemaphoreSlim cutOff = new(0);
        page.RequestFailed += (_, request) =>
        {
            troubles.Enqueue($"{request.Url}: {request.Failure}");
            if (request.Failure == NetworkChanged)
            {
                cutOff.Release();
            }
        };
        page.Response += (_, answer) => { if (!answer.Ok) { troubles.Enqueue($"{answer.Url}: {answer.Status}"); } };
        page.Console += (_, message) => troubles.Enqueue($"{message.Type}: {message.Text}");
        await LoadAsync(product);
        try
        {
            Task isThere = page.Locator("button.authorize").First.WaitForAsync();
            using CancellationTokenSource hasCome = new();
            for (Task again = cutOff.WaitAsync(hasCome.Token); await Task.WhenAny(isThere, again) == again; again = cutOff.WaitAsync(hasCome.Token))
            {
                await LoadAsync(product);
            }

            await hasCome.CancelAsync();
            await isThere;
        }
        catch (TimeoutException timeout)
        {
            throw new TimeoutException($"the page shows: {await page.InnerTextAsync("body")}\n{string.Join('\n', troubles)}", timeout);
        }

        await page.Locator("button.authorize").First.ClickAsync();
        await page.Locator(".auth-container input").First.FillAsync(await File.ReadAllTextAsync(Path.Combine(product.DataFolder, "admin.token")));
        await page.Locator(".auth-container button.authorize").ClickAsync();
        await page.Locator(".auth-container .btn-done").ClickAsync();
    }
}

/// <summary>The page with a Deployment's operations, opened once for all tests that work on it: a browser has much to do until it has laid out the whole API.</summary>
public sealed class OpenSwaggerPage(SharedProduct shared) : IAsyncLifetime
{
    internal SwaggerPage Page { get; private set; } = null!;

    public async Task InitializeAsync() => Page = await SwaggerPage.OpenAsync(shared.Product, "Deployment");

    public async Task DisposeAsync()
    {
        if (Page is not null)
        {
            await Page.DisposeAsync();
        }
    }
}
