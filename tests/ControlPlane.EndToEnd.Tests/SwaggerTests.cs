using ControlPlane.EndToEnd.Tests.Harness;
using Microsoft.Playwright;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Swagger UI in a real browser: authorize, list, create the example's Deployment, see it.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class SwaggerTests(SharedProduct shared)
{
    private const string Path = "/apis/apps/v1/namespaces/{namespace}/deployments";

    [Fact]
    public async Task Person_AuthorizesListsCreatesAndSeesADeployment()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("swagger"));
        string example = await kubectl.OkAsync("create", "-f", Clone.Example("hello.yaml"), "--dry-run=client", "-o", "json");
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
        await using IBrowserContext context = await browser.NewContextAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });
        IPage page = await context.NewPageAsync();
        page.SetDefaultTimeout(30_000);

        await page.GotoAsync(shared.Product.Server + "/swagger/index.html");
        await page.Locator("button.authorize").First.ClickAsync();
        await page.Locator(".auth-container input").First.FillAsync(await File.ReadAllTextAsync(System.IO.Path.Combine(shared.Product.DataFolder, "admin.token")));
        await page.Locator(".auth-container button.authorize").ClickAsync();
        await page.Locator(".auth-container .btn-done").ClickAsync();

        string empty = await TryAsync(page, "get", kubectl.Namespace, body: null);
        Assert.Contains("\"items\": []", empty, StringComparison.Ordinal);
        string created = await TryAsync(page, "post", kubectl.Namespace, example);
        Assert.Contains("\"uid\":", created, StringComparison.Ordinal);
        string listed = await TryAsync(page, "get", kubectl.Namespace, body: null);
        Assert.Contains("\"name\": \"hello\"", listed, StringComparison.Ordinal);

        await new Deployments(shared.Product, shared.Api, kubectl.Namespace).BecomeReadyAsync(3);
    }

    /// <summary>Opens an operation, fills it in, executes it, and returns the answer's body as the page shows it.</summary>
    private static async Task<string> TryAsync(IPage page, string method, string space, string? body)
    {
        ILocator operation = page.Locator($".opblock-{method}").Filter(new LocatorFilterOptions { Has = page.Locator($"[data-path=\"{Path}\"]") });
        if (await operation.Locator(".try-out__btn").CountAsync() == 0)
        {
            await operation.Locator(".opblock-summary-control").First.ClickAsync();
        }

        // Swagger UI may be set up so that an operation can be tried as soon as it is open; the button then says Cancel.
        if ((await operation.Locator(".try-out__btn").InnerTextAsync()).Contains("Try it out", StringComparison.OrdinalIgnoreCase))
        {
            await operation.Locator(".try-out__btn").ClickAsync();
        }

        await operation.Locator("tr[data-param-name=\"namespace\"] input").FillAsync(space);
        if (body is not null)
        {
            await operation.Locator("textarea.body-param__text").FillAsync(body);
        }

        Task<IResponse> answer = page.WaitForResponseAsync(response => response.Request.Method.Equals(method, StringComparison.OrdinalIgnoreCase)
            && response.Url.Contains($"/namespaces/{space}/deployments", StringComparison.Ordinal));
        await operation.Locator("button.execute").ClickAsync();
        IResponse received = await answer;
        Assert.True(received.Ok, $"{method} {Path}: {received.Status} {await received.TextAsync()}");
        return await operation.Locator(".live-responses-table .highlight-code, .live-responses-table pre.microlight").First.InnerTextAsync();
    }
}
